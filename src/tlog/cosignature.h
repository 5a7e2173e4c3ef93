#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "tlog/key.h"

// Cosignatures with Ed25519 (https://c2sp.org/tlog-cosignature): a witness states that at this time the checkpoint was
// the largest that it had seen of the log, and consistent with all before.
//
// Threading: pure functions; any thread.
namespace escrow::tlog {

// The line by which `cosigner` signs the text of a checkpoint. `time_seconds`: since 1970.
// REQUIRES: cosigner.type() is kCosignature; 0 < time_seconds < 2^63.
[[nodiscard]] NoteSignature Cosign(const SignerKey& cosigner, std::string_view text, std::uint64_t time_seconds);

// The time of a good cosignature. REQUIRES: key.type() is kCosignature and key.Made(signature).
// Errors: Unauthenticated with the reason.
[[nodiscard]] absl::StatusOr<std::uint64_t> VerifyCosignature(const VerifierKey& key, std::string_view text,
                                                              const NoteSignature& signature);

}  // namespace escrow::tlog
