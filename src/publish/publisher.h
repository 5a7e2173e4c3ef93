#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "journal/journal.h"
#include "publish/follower.h"
#include "publish/public_log.h"
#include "publish/signer.h"

namespace escrow::publish {

struct PublisherOptions {
  std::string folder;  // of the public log
  // How often the journal is looked at, and how long after a checkpoint the next may come. Together less than a second:
  // so far the newest checkpoint may lag behind the journal.
  std::chrono::milliseconds look_pause{100};
  std::chrono::milliseconds checkpoint_pause{500};
  std::uint64_t save_events = 262'144;  // that are read again from the journal after a crash, at most
  // Told once, on the publisher's thread, when it stops for an error: nothing new is published then.
  std::function<void(const absl::Status&)> on_stopped = [](const absl::Status&) {};
};

// Publisher: follows the journal with the public log and signs checkpoints of it. A tailer: it has a thread of its own
// and nobody waits for it.
//
// Threading: the getters from any thread. Ownership: owns signer and public log, borrows the journal.
class Publisher {
 public:
  // Opens the public log and starts to follow; what the public log lacks is caught up with on the publisher's thread.
  // Errors: DATA_LOSS when the journal has less entries than were signed; those of PublicLog::Open.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Publisher>> Start(const PublisherOptions& options,
                                                                        const journal::Journal& journal,
                                                                        std::unique_ptr<Signer> signer);
  // Publishes what is durable, unless it is still catching up, saves, and stops.
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // What readers may have: all of it up to the size of the newest checkpoint.
  [[nodiscard]] const PublicLog& log() const { return *log_; }
  // The newest checkpoint. Errors: UNAVAILABLE while the public log is caught up with after a start; when publishing
  // has stopped, the error that stopped it.
  [[nodiscard]] absl::StatusOr<std::shared_ptr<const tlog::SignedCheckpoint>> checkpoint() const;
  // Whose signature the next checkpoint has first.
  [[nodiscard]] tlog::VerifierKey verifier() const;

  // The handover to this key (MakeHandover). Any thread that may read files.
  [[nodiscard]] absl::StatusOr<std::string> Handover(const std::string& verifier_key) const;
  // The log says that the next key takes over: it signs from the next checkpoint on.
  void TakeOver();

 private:
  Publisher(const PublisherOptions& options, const journal::Journal& journal, std::unique_ptr<PublicLog> log,
            std::unique_ptr<Signer> signer);

  void Run();
  // Copies, signs and saves, each when it is due, until it is to stop.
  [[nodiscard]] absl::Status Follow();
  // Signs what was copied, unless it was signed already or more than that was.
  [[nodiscard]] absl::Status Sign();
  // Hands over to the next key, if that was asked for.
  [[nodiscard]] absl::Status ChangeKey();
  // True when the publisher is to stop.
  [[nodiscard]] bool WaitForNextLook(bool at_end);

  const PublisherOptions options_;
  const std::unique_ptr<PublicLog> log_;
  const std::unique_ptr<Signer> signer_;
  const Signer::Files key_files_;
  // Of the publisher's thread.
  Follower follower_;
  std::uint64_t saved_size_;
  std::chrono::steady_clock::time_point next_checkpoint_;

  mutable std::mutex mutex_;
  std::condition_variable stop_changed_;
  bool stop_ = false;
  bool take_over_ = false;
  tlog::VerifierKey verifier_;
  absl::Status stopped_;  // OK while it publishes
  std::shared_ptr<const tlog::SignedCheckpoint> newest_;
  std::thread thread_;
};

}  // namespace escrow::publish
