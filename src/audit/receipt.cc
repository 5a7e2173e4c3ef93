#include "audit/receipt.h"

#include <algorithm>

#include "audit/event_form.h"
#include "audit/text.h"
#include "audit/wire.h"
#include "escrow/v1/receipt.pb.h"
#include "tlog/proof.h"
#include "tlog/tlog_proof.h"

namespace escrow::audit {
namespace {

CheckpointReport ReportOn(const tlog::SignedCheckpoint& signed_checkpoint, const Trust& trust) {
  const tlog::Checkpoint& checkpoint = signed_checkpoint.checkpoint;
  CheckpointReport report{.origin = checkpoint.origin,
                          .size = checkpoint.size,
                          .root = checkpoint.root,
                          .note = tlog::FormatNote(signed_checkpoint.note),
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

std::string Named(std::uint64_t sequence) { return "event " + std::to_string(sequence); }

// The leaf at `index`: what it says, and that it is there.
Complaint CheckLeaf(const std::string& leaf, std::uint64_t index, const std::vector<tlog::Hash>& hashes,
                    const tlog::Checkpoint& checkpoint, v1::Event& event) {
  const std::string where = Named(index + 1) + ": ";
  const absl::Status included =
      tlog::VerifyInclusion(tlog::TreeHasher().Leaf(leaf), index, checkpoint.size, hashes, checkpoint.root);
  if (!included.ok()) {
    return where + "it is not proven to be in the log: " + std::string(included.message());
  }
  if (Complaint form = ReadEvent(leaf, event)) {
    return where + *form;
  }
  return event.sequence() == index + 1
             ? Complaint()
             : Complaint("leaf " + std::to_string(index) + " holds " + Named(event.sequence()));
}

// Whether `before` may be what `event` names as the one before it, seen from what they are about.
Complaint CheckSameThing(const v1::Event& event, const v1::Event& before) {
  const std::string where = Named(before.sequence()) + " is named by " + Named(event.sequence()) + ", but is about ";
  if (before.platform() != event.platform()) {
    return where + "another platform";
  }
  if (before.agreement_id() != event.agreement_id()) {
    return where + "another agreement";
  }
  if (event.agreement_id().empty() && (PayoutNameOf(event).empty() || PayoutNameOf(before) != PayoutNameOf(event))) {
    return where + "another thing: they share neither agreement nor payout";
  }
  return {};
}

// One event of the history, which must be the one that `after` names.
Complaint CheckHistoryEvent(const v1::ProvenEvent& proven, int position, const v1::Event& after,
                            const tlog::Checkpoint& checkpoint, v1::Event& event) {
  const std::uint64_t sequence = after.previous_sequence();
  const std::string where = "history[" + std::to_string(position) + "]";
  if (sequence == 0) {
    return where + ": there is an event more, although " + Named(after.sequence()) + " is the first";
  }
  if (sequence >= after.sequence()) {
    return Named(after.sequence()) + " names " + Named(sequence) + " as the one before it";
  }
  if (Complaint form = ReadEvent(proven.event(), event)) {
    return where + ", " + Named(sequence) + ": " + *form;
  }
  if (event.sequence() != sequence) {
    return where + " is " + Named(event.sequence()) + " and must be " + Named(sequence) + ", which " +
           Named(after.sequence()) + " names";
  }
  std::vector<tlog::Hash> hashes;
  for (const std::string& bytes : proven.hashes()) {
    tlog::Hash& hash = hashes.emplace_back();
    if (bytes.size() != hash.size()) {
      return where + ", " + Named(sequence) + ": a hash has " + std::to_string(bytes.size()) +
             " bytes and must have 32";
    }
    std::ranges::copy(bytes, hash.begin());
  }
  if (Complaint wrong = CheckLeaf(proven.event(), sequence - 1, hashes, checkpoint, event)) {
    return wrong;
  }
  return CheckSameThing(after, event);
}

// The history as a whole. REQUIRES: report.event is checked.
Complaint CheckHistory(const v1::Receipt& receipt, const tlog::Checkpoint& checkpoint, ReceiptReport& report) {
  if (receipt.history_size() > kReceiptHistoryMax) {
    return "the history has " + std::to_string(receipt.history_size()) + " events, more than " +
           std::to_string(kReceiptHistoryMax);
  }
  report.history.reserve(static_cast<std::size_t>(receipt.history_size()));
  const v1::Event* after = &report.event;
  for (int i = 0; i < receipt.history_size(); ++i) {
    v1::Event event;
    if (Complaint wrong = CheckHistoryEvent(receipt.history(i), i, *after, checkpoint, event)) {
      return wrong;
    }
    after = &report.history.emplace_back(std::move(event));
  }
  report.whole = after->previous_sequence() == 0;
  const bool may_be_cut = receipt.history_size() == kReceiptHistoryMax || receipt.ByteSizeLong() >= kReceiptBytesMax;
  if (!report.whole && !may_be_cut) {
    return "the history ends with " + Named(after->sequence()) + " and lacks " + Named(after->previous_sequence()) +
           ", which that names";
  }
  return FindGrounds(report.event, report.history, report.whole, report.grounds);
}

// The extra data of a proof as a receipt.
Complaint ReadReceipt(const std::string& extra, v1::Receipt& receipt) {
  if (!receipt.ParseFromString(extra)) {
    return "the extra data are no escrow.v1.Receipt";
  }
  if (const std::string unknown = UnknownIn(extra, *v1::Receipt::descriptor()); !unknown.empty()) {
    return "the receipt: the contract does not know " + unknown;
  }
  return receipt.SerializeAsString() == extra ? Complaint() : Complaint("the receipt is not in its shortest encoding");
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
    return absl::InvalidArgumentError("the proof carries no receipt, and no entry is given beside it");
  }
  const tlog::Checkpoint& checkpoint = proof->checkpoint.checkpoint;
  ReceiptReport report{.checkpoint = ReportOn(proof->checkpoint, trust),
                       .index = proof->index,
                       .hashes = proof->hashes,
                       .event = {},
                       .history = {},
                       .whole = false,
                       .grounds = {},
                       .wrong = {}};
  if (entry) {
    report.wrong = CheckLeaf(*entry, proof->index, proof->hashes, checkpoint, report.event);
    return report;
  }
  v1::Receipt receipt;
  report.wrong = ReadReceipt(proof->extra, receipt);
  if (!report.wrong) {
    report.wrong = CheckLeaf(receipt.event(), proof->index, proof->hashes, checkpoint, report.event);
  }
  if (!report.wrong) {
    report.wrong = CheckHistory(receipt, checkpoint, report);
  }
  return report;
}

}  // namespace escrow::audit
