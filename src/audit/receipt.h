#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "audit/complaint.h"
#include "audit/grounds.h"
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
  std::string note;                  // as it was signed, with its signatures
  std::vector<std::string> claimed;  // names on its signature lines, unchecked
  std::vector<std::string> signers;  // whose signatures were checked and are good
  bool checked = false;              // false: no key and no policy was given
  Complaint wrong;
};

// A checkpoint as stored. Errors: InvalidArgument when it is none.
[[nodiscard]] absl::StatusOr<CheckpointReport> CheckCheckpoint(const std::string& bytes, const Trust& trust);

// The longest history that a receipt has; a longer one is cut after so many events, or after so many bytes of the
// receipt.
inline constexpr int kReceiptHistoryMax = 1'000;
inline constexpr std::size_t kReceiptBytesMax = 768 << 10;

// What was found of a receipt.
struct ReceiptReport {
  CheckpointReport checkpoint;
  std::uint64_t index = 0;         // of the leaf
  std::vector<tlog::Hash> hashes;  // its inclusion proof
  v1::Event event;
  std::vector<v1::Event> history;  // the events before it that it is linked to, newest first, each proven
  bool whole = false;              // the history goes back to the first of them
  std::vector<Ground> grounds;     // the confirmations that it rests on
  Complaint wrong;                 // with an event, a proof, or how the events are linked

  [[nodiscard]] bool right() const { return !wrong && !checkpoint.wrong; }
};

// A receipt is a C2SP tlog-proof (https://c2sp.org/tlog-proof) whose extra data are a v1::Receipt. All in it is
// checked: each event's form and its proof against the one checkpoint, that each event of the history is the one that
// the event after it names and belongs to the same agreement, or else payout, that nothing is left out or is too much,
// and that the confirmations that it rests on are there. With `entry`, which needs no v1::Receipt, the proof's entry is
// that, its extra data are not looked at, and there is no history. Errors: InvalidArgument when it is no proof, or
// there is no entry.
[[nodiscard]] absl::StatusOr<ReceiptReport> CheckReceipt(const std::string& proof,
                                                         const std::optional<std::string>& entry, const Trust& trust);

}  // namespace escrow::audit
