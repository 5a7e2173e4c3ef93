#pragma once

#include <string>

#include "audit/evidence/make.h"
#include "audit/evidence/pack_files.h"
#include "audit/trust.h"
#include "support/temp_folder.h"
#include "unit/audit/logs.h"

// The shop's story with evidence: the shipment of "second" names two documents by their hashes, a bill and a
// photograph.
namespace escrow::audit::evidence::test {

inline constexpr char kBill[] = "Bill: one lamp, 100.00 EUR\n";
inline constexpr char kPhoto[] = "not quite a photograph";

// The resource name of an agreement of the story.
[[nodiscard]] std::string AgreementName(const std::string& id);

// Its script; the log's name is the same in every run.
[[nodiscard]] audit::test::Entries StoryWithEvidence();
// The position of the `nth` event of a kind (from 1) of an agreement of the story.
[[nodiscard]] std::uint64_t PositionOf(const std::string& agreement, v1::Event::FactCase fact, int nth = 1);

// Trust in the log's key.
[[nodiscard]] Trust LogTrust();

// The story's log as an export, and files beside it: bill.PDF, photo, other, and "old", the checkpoint of its first 20
// events.
class Shop {
 public:
  Shop();
  [[nodiscard]] std::string Path(const std::string& name) const { return folder_.path() + '/' + name; }
  // The pack of an agreement by its id. It must be possible to make it.
  [[nodiscard]] Files Make(const std::string& id, std::vector<std::string> documents = {},
                           std::vector<std::string> checkpoints = {}) const;
  [[nodiscard]] absl::StatusOr<Files> TryMake(const PackOrder& order) const;

 private:
  escrow::test::TempFolder folder_;
};

void WriteFile(const std::string& path, const std::string& bytes);

// The files with their manifest and request made again, as a liar would do it. They say of themselves what `of` says.
[[nodiscard]] Files Resealed(Files files, const Files& of);

}  // namespace escrow::audit::evidence::test
