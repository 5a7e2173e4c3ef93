#include "audit/receipt.h"

#include "audit/event_form.h"
#include "tlog/proof.h"
#include "tlog/tlog_proof.h"

namespace escrow::audit {
namespace {

CheckpointReport ReportOn(const tlog::SignedCheckpoint& signed_checkpoint, const Trust& trust) {
  const tlog::Checkpoint& checkpoint = signed_checkpoint.checkpoint;
  CheckpointReport report{.origin = checkpoint.origin,
                          .size = checkpoint.size,
                          .root = checkpoint.root,
                          .claimed = {},
                          .signers = {},
                          .checked = trust.given(),
                          .wrong = {}};
  for (const tlog::NoteSignature& signature : signed_checkpoint.note.signatures) {
    report.claimed.push_back(signature.name);
  }
  if (trust.given()) {
    report.wrong = CheckSignatures(signed_checkpoint, trust, report.signers);
  }
  return report;
}

}  // namespace

absl::StatusOr<CheckpointReport> CheckCheckpoint(const std::string& bytes, const Trust& trust) {
  const absl::StatusOr<tlog::SignedCheckpoint> checkpoint = tlog::ParseSignedCheckpoint(bytes);
  if (!checkpoint.ok()) {
    return checkpoint.status();
  }
  return ReportOn(*checkpoint, trust);
}

absl::StatusOr<ReceiptReport> CheckReceipt(const std::string& bytes, const std::optional<std::string>& entry,
                                           const Trust& trust) {
  const absl::StatusOr<tlog::TlogProof> proof = tlog::ParseTlogProof(bytes);
  if (!proof.ok()) {
    return proof.status();
  }
  if (!entry && proof->extra.empty()) {
    return absl::InvalidArgumentError("the proof carries no entry, and none is given beside it");
  }
  const std::string& leaf = entry ? *entry : proof->extra;
  ReceiptReport report{
      .checkpoint = ReportOn(proof->checkpoint, trust), .index = proof->index, .event = {}, .wrong = {}};
  tlog::TreeHasher hasher;
  const tlog::Checkpoint& checkpoint = proof->checkpoint.checkpoint;
  const absl::Status included =
      tlog::VerifyInclusion(hasher.Leaf(leaf), proof->index, checkpoint.size, proof->hashes, checkpoint.root);
  if (!included.ok()) {
    report.wrong = "the entry is not proven to be in the log: " + std::string(included.message());
  } else if (Complaint form = ReadEvent(leaf, report.event)) {
    report.wrong = std::move(form);
  } else if (report.event.sequence() != proof->index + 1) {
    report.wrong = "leaf " + std::to_string(proof->index) + " holds event " + std::to_string(report.event.sequence());
  }
  return report;
}

}  // namespace escrow::audit
