#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "audit/complaint.h"
#include "audit/trust.h"
#include "escrow/v1/event.pb.h"
#include "tlog/merkle.h"

// Small things that are checked alone: a checkpoint, a receipt.
namespace escrow::audit {

// What was found of a checkpoint.
struct CheckpointReport {
  std::string origin;
  std::uint64_t size = 0;
  tlog::Hash root{};
  std::vector<std::string> claimed;  // names on its signature lines, unchecked
  std::vector<std::string> signers;  // whose signatures were checked and are good
  bool checked = false;              // false: no key and no policy was given
  Complaint wrong;
};

// A checkpoint as stored. Errors: InvalidArgument when it is none.
[[nodiscard]] absl::StatusOr<CheckpointReport> CheckCheckpoint(const std::string& bytes, const Trust& trust);

// What was found of a receipt.
struct ReceiptReport {
  CheckpointReport checkpoint;
  std::uint64_t index = 0;  // of the leaf
  v1::Event event;
  Complaint wrong;  // with the event or the proof

  [[nodiscard]] bool right() const { return !wrong && !checkpoint.wrong; }
};

// A receipt is a C2SP tlog-proof (https://c2sp.org/tlog-proof). The entry that it proves is `entry`, or, when that is
// left out, its extra data. Errors: InvalidArgument when it is no proof, or there is no entry.
[[nodiscard]] absl::StatusOr<ReceiptReport> CheckReceipt(const std::string& proof,
                                                         const std::optional<std::string>& entry, const Trust& trust);

}  // namespace escrow::audit
