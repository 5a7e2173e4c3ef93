#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tlog/merkle.h"
#include "tlog/note.h"

// Checkpoints (https://c2sp.org/tlog-checkpoint): a log's statement of how many leaves it has and of their root.
//
// Threading: pure functions; any thread.
namespace escrow::tlog {

struct Checkpoint {
  std::string origin;  // the log's name, which is also the name of its key
  std::uint64_t size = 0;
  Hash root{};
  std::vector<std::string> extensions;  // lines after the third: read, never written by us

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// A checkpoint as it travels. INVARIANT: checkpoint is what note.text states.
struct SignedCheckpoint {
  Checkpoint checkpoint;
  Note note;
};

// The text of the note: origin, size, root, extensions, a line each.
// REQUIRES: no line is empty or has a newline; size <= kTreeSizeMax.
[[nodiscard]] std::string FormatCheckpoint(const Checkpoint& checkpoint);
// Errors: InvalidArgument with the reason. What was read, formatted, gives the same text again.
[[nodiscard]] absl::StatusOr<Checkpoint> ParseCheckpoint(std::string_view text);

// A signed note whose text is a checkpoint. No signature is checked: see VerifyNote and tlog/policy.h.
// Errors: InvalidArgument with the reason.
[[nodiscard]] absl::StatusOr<SignedCheckpoint> ParseSignedCheckpoint(std::string_view bytes);

// REQUIRES: as FormatCheckpoint; signer.type() is kEd25519 and its name the origin. WARNING: never sign two histories;
// who calls this keeps a durable record of what it signed.
[[nodiscard]] SignedCheckpoint SignCheckpoint(const Checkpoint& checkpoint, const SignerKey& signer);

}  // namespace escrow::tlog
