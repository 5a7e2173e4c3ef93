#include "tlog/add_checkpoint.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "base/assert.h"
#include "tlog/fields.h"
#include "tlog/proof.h"

namespace escrow::tlog {
namespace {

constexpr std::string_view kOld = "old ";

// What a witness says with an error, for a person.
std::string Says(const WitnessResponse& response) {
  std::string_view first_line = response.body;
  first_line = first_line.substr(0, first_line.find('\n'));
  return "the witness answers with status " + std::to_string(response.status) + ": " + Quoted(first_line);
}

}  // namespace

std::string FormatAddCheckpoint(const AddCheckpointRequest& request) {
  ESCROW_ASSERT(request.proof.size() <= kProofHashesMax);
  std::string body = std::string(kOld) + std::to_string(request.old_size) + "\n";
  for (const Hash& hash : request.proof) {
    body.append(FormatHash(hash)).append("\n");
  }
  return body.append("\n").append(FormatNote(request.checkpoint.note));
}

absl::StatusOr<AddCheckpointRequest> ParseAddCheckpoint(std::string_view body) {
  AddCheckpointRequest request;
  const std::optional<std::string_view> first = TakeLine(body);
  const std::optional<std::uint64_t> old_size =
      first.has_value() && first->starts_with(kOld) ? ParseNumber(first->substr(kOld.size())) : std::nullopt;
  if (!old_size.has_value()) {
    return Malformed("the request does not begin with a line 'old ' and a size");
  }
  request.old_size = *old_size;
  absl::StatusOr<std::vector<Hash>> proof = TakeHashes("the request", body);
  if (!proof.ok()) {
    return proof.status();
  }
  request.proof = *std::move(proof);
  absl::StatusOr<SignedCheckpoint> checkpoint = ParseSignedCheckpoint(body);
  if (!checkpoint.ok()) {
    return checkpoint.status();
  }
  request.checkpoint = *std::move(checkpoint);
  return request;
}

absl::StatusOr<std::vector<NoteSignature>> ReadCosignatures(std::string_view body, const SignedCheckpoint& checkpoint,
                                                            std::span<const VerifierKey> trusted) {
  absl::StatusOr<std::vector<NoteSignature>> lines = ParseSignatureLines(body);
  if (!lines.ok()) {
    return lines.status();
  }
  const Note answer{.text = checkpoint.note.text, .signatures = *std::move(lines)};
  const absl::StatusOr<std::vector<VerifiedSignature>> verified = VerifyNote(answer, trusted);
  if (!verified.ok()) {
    return verified.status();
  }
  std::vector<NoteSignature> cosignatures;
  for (const VerifiedSignature& one : *verified) {
    cosignatures.push_back(answer.signatures[one.line]);
  }
  return cosignatures;
}

absl::StatusOr<std::uint64_t> ReadKnownSize(std::string_view body) {
  std::string_view rest = body;
  const std::optional<std::string_view> line = TakeLine(rest);
  const std::optional<std::uint64_t> size = line.has_value() && rest.empty() ? ParseNumber(*line) : std::nullopt;
  if (!size.has_value()) {
    return Malformed("the witness's size " + Quoted(body) + " is not one line with a decimal number below 2^63");
  }
  return *size;
}

absl::StatusOr<AddCheckpointAnswer> ReadAddCheckpointAnswer(const WitnessResponse& response,
                                                            const SignedCheckpoint& checkpoint,
                                                            const VerifierKey& witness) {
  if (response.status == 200) {
    absl::StatusOr<std::vector<NoteSignature>> lines = ReadCosignatures(response.body, checkpoint, {&witness, 1});
    if (!lines.ok()) {
      return lines.status();
    }
    return AddCheckpointAnswer(std::move(lines->front()));
  }
  if (response.status == 409) {
    const absl::StatusOr<std::uint64_t> size = ReadKnownSize(response.body);
    return size.ok() ? absl::StatusOr<AddCheckpointAnswer>(*size) : size.status();
  }
  if (response.status == 422) {
    return absl::DataLossError(Says(response));
  }
  if (response.status == 429 || response.status >= 500) {
    return absl::UnavailableError(Says(response));
  }
  return absl::FailedPreconditionError(Says(response));
}

}  // namespace escrow::tlog
