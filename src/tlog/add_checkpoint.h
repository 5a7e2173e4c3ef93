#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "tlog/checkpoint.h"

// The call `add-checkpoint` by which a log asks a witness for a cosignature (https://c2sp.org/tlog-witness): its
// request, and its answers as the log reads them. The witness's side is in tlog/witness.h.
//
// Threading: pure functions; any thread.
namespace escrow::tlog {

// The type of a 409's body.
inline constexpr std::string_view kSizeContentType = "text/x.tlog.size";

struct AddCheckpointRequest {
  std::uint64_t old_size = 0;
  std::vector<Hash> proof;  // of consistency, from old_size to the checkpoint's size
  SignedCheckpoint checkpoint;
};

// REQUIRES: at most kProofHashesMax hashes, the checkpoint has a signature.
[[nodiscard]] std::string FormatAddCheckpoint(const AddCheckpointRequest& request);
// Errors: InvalidArgument with the reason. What was read, formatted, gives the same bytes again.
[[nodiscard]] absl::StatusOr<AddCheckpointRequest> ParseAddCheckpoint(std::string_view body);

// The cosignatures by `trusted` witnesses in the body of a 200, all of them checked; other lines are ignored. To be
// appended to note.signatures. Errors: InvalidArgument when the body cannot be read; Unauthenticated when a line by a
// trusted key is bad or none is by one.
[[nodiscard]] absl::StatusOr<std::vector<NoteSignature>> ReadCosignatures(std::string_view body,
                                                                          const SignedCheckpoint& checkpoint,
                                                                          std::span<const VerifierKey> trusted);
// The size that the witness knows, in the body of a 409. Errors: InvalidArgument.
[[nodiscard]] absl::StatusOr<std::uint64_t> ReadKnownSize(std::string_view body);

// An answer as HTTP carries it.
struct WitnessResponse {
  int status = 0;
  std::string content_type;
  std::string body;
};

// What a log takes from an answer: the cosignature, or the size that the witness knows instead of the one in the
// request.
using AddCheckpointAnswer = std::variant<NoteSignature, std::uint64_t>;

// Reads what `witness` answers to a request for this checkpoint: the cosignature of a 200, which is checked, or the
// size of a 409. Errors, each with what the witness says:
//   InvalidArgument     the body cannot be read
//   Unauthenticated     the cosignature is bad, or there is none by this witness
//   DataLoss            422: what it has cosigned before is not the beginning of this checkpoint's tree
//   Unavailable         429 and from 500 on: it may answer later
//   FailedPrecondition  any other status: it refuses
[[nodiscard]] absl::StatusOr<AddCheckpointAnswer> ReadAddCheckpointAnswer(const WitnessResponse& response,
                                                                          const SignedCheckpoint& checkpoint,
                                                                          const VerifierKey& witness);

}  // namespace escrow::tlog
