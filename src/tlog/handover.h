#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tlog/key.h"
#include "tlog/note.h"

// Handovers: how a log changes the key that signs its checkpoints. A signed note, of ours because C2SP has none:
//
//   escrow.dev/signing-key/1
//   <origin>
//   <verifier key that takes over>
//
// signed by the key before, which so vouches for the next, and by the next, which so shows that somebody holds it. Its
// first line can be no checkpoint's of a log that signs by these keys, so neither is ever taken for the other.
//
// Threading: pure functions; any thread.
namespace escrow::tlog {

struct Handover {
  VerifierKey next;
  Note note;
};

// The note. REQUIRES: both keys are kEd25519 and have the log's origin as their name; they differ.
[[nodiscard]] std::string SignHandover(const SignerKey& before, const SignerKey& next);

// Reads a handover and checks the signature of the key that takes over; that of the key before is CheckHandover's.
// Errors: InvalidArgument with the reason; Unauthenticated when the next key has not signed.
[[nodiscard]] absl::StatusOr<Handover> ParseHandover(std::string_view bytes);

// Whether `before` has signed. Errors: Unauthenticated; InvalidArgument when it is a key of another log.
[[nodiscard]] absl::Status CheckHandover(const Handover& handover, const VerifierKey& before);

}  // namespace escrow::tlog
