#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <utility>

#include "absl/status/statusor.h"
#include "publish/public_log.h"
#include "publish/witness_connection.h"
#include "tlog/checkpoint.h"
#include "tlog/key.h"

namespace escrow::publish {

// AskedWitness: a witness that we ask to cosign the checkpoints of our log (https://c2sp.org/tlog-witness).
//
// It remembers how many entries the witness knows, in memory alone: after a start it takes that to be none, and the
// witness says what it is.
//
// Threading: one thread at a time. Ownership: owns the connection, borrows the log.
class AskedWitness {
 public:
  AskedWitness(tlog::VerifierKey key, std::unique_ptr<WitnessConnection> connection, const PublicLog& log)
      : key_(std::move(key)), connection_(std::move(connection)), log_(log) {}

  // The cosignature of a checkpoint that the log covers. Asks a second time when the witness knows another size.
  // Errors: those of the connection, of tlog::ReadAddCheckpointAnswer, of PublicLog; DATA_LOSS also when the witness
  // knows more entries than the checkpoint has, which nobody but we could have shown it; UNAVAILABLE when it changes
  // its mind about the size. REQUIRES: no checkpoint is smaller than the one before.
  [[nodiscard]] absl::StatusOr<tlog::NoteSignature> Ask(const tlog::SignedCheckpoint& checkpoint,
                                                        const std::stop_token& stop);

 private:
  [[nodiscard]] absl::StatusOr<tlog::AddCheckpointAnswer> AskOnce(const tlog::SignedCheckpoint& checkpoint,
                                                                  const std::stop_token& stop);

  const tlog::VerifierKey key_;
  const std::unique_ptr<WitnessConnection> connection_;
  const PublicLog& log_;
  std::uint64_t known_size_ = 0;
};

}  // namespace escrow::publish
