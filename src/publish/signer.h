#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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
  // with it the checkpoint of the empty log. `verifier_key`: the key that signs now, as the log says; empty when the
  // log was never handed over. A handover that was cut short is finished (publish/next_key.h). Errors:
  // FAILED_PRECONDITION when one of the two is lost, when others may read the key, when key and checkpoint are not of
  // this origin, or when the key is not the one that the log names; DATA_LOSS when a file does not hold what it should.
  // All say what to do.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Signer>> Open(const Files& files, const std::string& origin,
                                                                    const std::string& verifier_key = {});

  // The checkpoint of this head, whose tree `tree` reads. Its signature leaves only when it is durably remembered.
  // Errors: DATA_LOSS when the log has less entries than were signed, or others: its history was changed; the reader's;
  // UNAVAILABLE when the file cannot be written.
  [[nodiscard]] absl::StatusOr<tlog::SignedCheckpoint> Sign(const TreeHead& head, tlog::HashReader& tree);

  // The next key takes over: it signs from now on, and the one before it beside it. Errors: those of InstallNextKey.
  [[nodiscard]] absl::Status TakeOver();

  [[nodiscard]] const tlog::SignedCheckpoint& last() const { return last_; }
  [[nodiscard]] const tlog::VerifierKey& verifier() const { return key_.verifier(); }
  // All keys that sign: verifier(), and the one before it while its file is there.
  [[nodiscard]] std::vector<tlog::VerifierKey> verifiers() const;
  [[nodiscard]] const Files& files() const { return files_; }

 private:
  // The key before, null when its file is gone.
  using OldKey = std::optional<tlog::SignerKey>;

  Signer(Files files, tlog::SignerKey key, OldKey old, tlog::SignedCheckpoint last)
      : files_(std::move(files)), key_(std::move(key)), old_(std::move(old)), last_(std::move(last)) {}

  [[nodiscard]] absl::Status CheckContinues(const TreeHead& head, tlog::HashReader& tree) const;

  const Files files_;
  tlog::SignerKey key_;
  OldKey old_;
  tlog::SignedCheckpoint last_;
};

}  // namespace escrow::publish
