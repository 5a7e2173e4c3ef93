#include "publish/asked_witness.h"

#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "publish/tree_reader.h"
#include "tlog/add_checkpoint.h"
#include "tlog/proof.h"

namespace escrow::publish {

absl::StatusOr<tlog::NoteSignature> AskedWitness::Ask(const tlog::SignedCheckpoint& checkpoint,
                                                      const std::stop_token& stop) {
  const std::uint64_t size = checkpoint.checkpoint.size;
  for (const bool again : {false, true}) {
    absl::StatusOr<tlog::AddCheckpointAnswer> answer = AskOnce(checkpoint, stop);
    if (!answer.ok()) {
      return answer.status();
    }
    if (auto* cosignature = std::get_if<tlog::NoteSignature>(&*answer)) {
      known_size_ = size;
      return std::move(*cosignature);
    }
    const std::uint64_t known = std::get<std::uint64_t>(*answer);
    if (known > size) {
      return absl::DataLossError(absl::StrCat("the witness knows ", known, " entries of this log, but it has ", size,
                                              ": somebody else has its key, or it was rolled back"));
    }
    known_size_ = known;
    if (again) {
      break;
    }
  }
  return absl::UnavailableError(absl::StrCat("the witness names another size each time, ", known_size_, " at last"));
}

absl::StatusOr<tlog::AddCheckpointAnswer> AskedWitness::AskOnce(const tlog::SignedCheckpoint& checkpoint,
                                                                const std::stop_token& stop) {
  TreeReader tree(log_);
  absl::StatusOr<std::vector<tlog::Hash>> proof =
      tlog::BuildConsistencyProof(known_size_, checkpoint.checkpoint.size, tree);
  if (!proof.ok()) {
    return proof.status();
  }
  const absl::StatusOr<tlog::WitnessResponse> response = connection_->AddCheckpoint(
      tlog::FormatAddCheckpoint({.old_size = known_size_, .proof = *std::move(proof), .checkpoint = checkpoint}), stop);
  if (!response.ok()) {
    return response.status();
  }
  return tlog::ReadAddCheckpointAnswer(*response, checkpoint, key_);
}

}  // namespace escrow::publish
