#include "unit/evidence/shop.h"

#include <fstream>

#include "audit/evidence/derived.h"
#include "audit/evidence/proven.h"
#include "base/assert.h"
#include "crypto/sha256.h"
#include "support/log_export.h"

namespace escrow::audit::evidence::test {
namespace {

void AddEvidence(v1::ConfirmMilestoneRequest& request, v1::EvidenceKind kind, const std::string& document) {
  const crypto::Digest digest = crypto::Sha256Of(document);
  v1::Evidence& evidence = *request.add_evidence();
  evidence.set_kind(kind);
  evidence.set_sha256(digest.data(), digest.size());
}

}  // namespace

std::string AgreementName(const std::string& id) { return "platforms/shop/agreements/" + id; }

audit::test::Entries StoryWithEvidence() {
  static const audit::test::Entries entries = [] {
    audit::test::Script script = audit::test::ShopStory(9'999);
    for (auto& [actor, command] : script) {
      if (command.confirm_milestone().name() == AgreementName("second")) {
        AddEvidence(*command.mutable_confirm_milestone(), v1::EVIDENCE_KIND_DOCUMENT, kBill);
        AddEvidence(*command.mutable_confirm_milestone(), v1::EVIDENCE_KIND_PHOTO, kPhoto);
      }
    }
    return audit::test::LogOf(script);
  }();
  return entries;
}

std::uint64_t PositionOf(const std::string& agreement, v1::Event::FactCase fact, int nth) {
  for (const v1::Event& event : audit::test::Parse(StoryWithEvidence())) {
    nth -= event.agreement_id() == agreement && event.fact_case() == fact ? 1 : 0;
    if (nth == 0) {
      return event.sequence();
    }
  }
  ESCROW_ASSERT(false);
  return 0;
}

Trust LogTrust() {
  Trust trust;
  trust.keys.push_back(escrow::test::LogKey().verifier());
  return trust;
}

Shop::Shop() {
  const audit::test::Entries entries = StoryWithEvidence();
  escrow::test::WriteLogExport(Path("log"), entries, escrow::test::LogKey());
  WriteFile(Path("old"), escrow::test::CheckpointOf({entries.begin(), entries.begin() + 20}, escrow::test::LogKey()));
  WriteFile(Path("bill.PDF"), kBill);
  WriteFile(Path("photo"), kPhoto);
  WriteFile(Path("other"), "something that nobody named");
}

absl::StatusOr<Files> Shop::TryMake(const PackOrder& order) const {
  return MakePack(*OpenSource(Path("log")).value(), order, LogTrust());
}

Files Shop::Make(const std::string& id, std::vector<std::string> documents,
                 std::vector<std::string> checkpoints) const {
  PackOrder order{.agreement = AgreementName(id), .documents = {}, .checkpoints = {}};
  for (const std::string& document : documents) {
    order.documents.push_back(Path(document));
  }
  for (const std::string& checkpoint : checkpoints) {
    order.checkpoints.push_back(Path(checkpoint));
  }
  return TryMake(order).value();
}

void WriteFile(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

Files Resealed(Files files, const Files& of) {
  Proven proven;
  const Complaint wrong = Prove(of, LogTrust(), proven);
  ESCROW_ASSERT(!wrong);
  files[std::string(kManifest)] = FormatManifest(proven, files);
  files[std::string(kRequest)] = RequestFor(files[std::string(kManifest)]);
  return files;
}

}  // namespace escrow::audit::evidence::test
