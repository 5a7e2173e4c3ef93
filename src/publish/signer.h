#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "publish/public_log.h"
#include "tlog/checkpoint.h"
#include "tlog/key.h"
#include "tlog/proof.h"

namespace escrow::publish {

// Signer: signs the checkpoints of one log, and never two that contradict each other ("A log MUST NOT sign any
// checkpoint which is inconsistent with any checkpoint it previously signed", C2SP tlog-checkpoint).
//
// It remembers the last checkpoint that it signed in a file of its own, which is not part of the log and of no backup:
// a log that comes back older than what was signed, or with another history, is found out, and nothing is signed. The
// file is the checkpoint itself, so that somebody who has lost it can put the newest published one in its place.
//
// Threading: one thread at a time. Owns the key.
class Signer {
 public:
  // Where a signer keeps what it must not lose: on another disk than the log, if there is one.
  struct Files {
    std::string key;   // the private key, as tlog::SignerKey writes it; readable by its owner alone
    std::string last;  // the last checkpoint that was signed
  };

  // Reads key and last checkpoint. When nothing was ever signed, makes a new key of this name (the log's origin), and
  // with it the checkpoint of the empty log.
  // Errors: FAILED_PRECONDITION when one of the two is lost, when others may read the key, or when key and checkpoint
  // are not of this origin; DATA_LOSS when a file does not hold what it should. All say what to do.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Signer>> Open(const Files& files, const std::string& origin);

  // The checkpoint of this head, whose tree `tree` reads. Its signature leaves only when it is durably remembered.
  // Errors: DATA_LOSS when the log has less entries than were signed, or others: its history was changed; the reader's;
  // UNAVAILABLE when the file cannot be written.
  [[nodiscard]] absl::StatusOr<tlog::SignedCheckpoint> Sign(const TreeHead& head, tlog::HashReader& tree);

  [[nodiscard]] const tlog::SignedCheckpoint& last() const { return last_; }
  [[nodiscard]] const tlog::VerifierKey& verifier() const { return key_.verifier(); }

 private:
  Signer(Files files, tlog::SignerKey key, tlog::SignedCheckpoint last)
      : files_(std::move(files)), key_(std::move(key)), last_(std::move(last)) {}

  [[nodiscard]] absl::Status CheckContinues(const TreeHead& head, tlog::HashReader& tree) const;

  const Files files_;
  const tlog::SignerKey key_;
  tlog::SignedCheckpoint last_;
};

}  // namespace escrow::publish
