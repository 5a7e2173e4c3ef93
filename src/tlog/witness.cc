#include "tlog/witness.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "crypto/hex.h"
#include "crypto/sha256.h"
#include "tlog/cosignature.h"
#include "tlog/note.h"
#include "tlog/proof.h"

namespace escrow::tlog {
namespace {

WitnessResponse Text(int status, std::string body) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(body)};
}

WitnessResponse Refusal(int status, const absl::Status& reason) {
  return Text(status, std::string(reason.message()) + "\n");
}

WitnessResponse StoreFailed() { return Text(500, "the witness cannot read or keep its record; ask again later\n"); }

std::uint64_t SizeOf(const std::optional<WitnessedCheckpoint>& known) { return known.has_value() ? known->size : 0; }

WitnessResponse Conflict(const std::optional<WitnessedCheckpoint>& known) {
  return {.status = 409, .content_type = std::string(kSizeContentType), .body = std::to_string(SizeOf(known)) + "\n"};
}

absl::Status CheckConsistency(const AddCheckpointRequest& request, const std::optional<WitnessedCheckpoint>& known) {
  const Checkpoint& checkpoint = request.checkpoint.checkpoint;
  const Hash known_root = known.has_value() ? known->root : TreeHasher().EmptyRoot();
  return VerifyConsistency(SizeOf(known), checkpoint.size, known_root, checkpoint.root, request.proof);
}

}  // namespace

Witness::Witness(SignerKey cosigner, std::map<std::string, std::vector<VerifierKey>, std::less<>> logs)
    : cosigner_(std::move(cosigner)), logs_(std::move(logs)) {
  ESCROW_ASSERT(cosigner_.type() == SignatureType::kCosignature);
}

WitnessResponse Witness::AddCheckpoint(std::string_view body, WitnessStore& store, std::uint64_t now_seconds) const {
  const absl::StatusOr<AddCheckpointRequest> request = ParseAddCheckpoint(body);
  if (!request.ok()) {
    return Refusal(400, request.status());
  }
  const Checkpoint& checkpoint = request->checkpoint.checkpoint;
  const auto log = logs_.find(checkpoint.origin);
  if (log == logs_.end()) {
    return Text(404, "this witness does not know the log\n");
  }
  const Note& note = request->checkpoint.note;
  const absl::StatusOr<std::vector<VerifiedSignature>> signatures = VerifyNote(note, log->second);
  if (!signatures.ok()) {
    return Refusal(403, signatures.status());
  }
  if (request->old_size > checkpoint.size) {
    return Text(400, "the old size is more than the checkpoint's\n");
  }
  const absl::StatusOr<std::optional<WitnessedCheckpoint>> known = store.Load(checkpoint.origin);
  if (!known.ok()) {
    return StoreFailed();
  }
  if (request->old_size != SizeOf(*known)) {
    return Conflict(*known);
  }
  const absl::Status consistent = CheckConsistency(*request, *known);
  if (!consistent.ok()) {
    return Refusal(422, consistent);
  }
  Note next{.text = note.text, .signatures = {}};
  for (const VerifiedSignature& signature : *signatures) {
    next.signatures.push_back(note.signatures[signature.line]);
  }
  next.signatures.push_back(Cosign(cosigner_, note.text, now_seconds));
  const absl::StatusOr<bool> replaced = store.Replace(
      checkpoint.origin, *known, {.size = checkpoint.size, .root = checkpoint.root, .note = FormatNote(next)});
  if (!replaced.ok()) {
    return StoreFailed();
  }
  if (!*replaced) {  // another request was faster
    const absl::StatusOr<std::optional<WitnessedCheckpoint>> newer = store.Load(checkpoint.origin);
    return newer.ok() ? Conflict(*newer) : StoreFailed();
  }
  return Text(200, FormatSignatureLine(next.signatures.back()));
}

std::string MonitoringPath(std::string_view origin) {
  return crypto::HexEncode(crypto::Sha256Of(origin)) + "/checkpoint";
}

}  // namespace escrow::tlog
