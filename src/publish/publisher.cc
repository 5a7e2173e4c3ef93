#include "publish/publisher.h"

#include <pthread.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "publish/durable_file.h"
#include "publish/next_key.h"
#include "publish/tree_reader.h"
#include "tlog/note.h"

namespace escrow::publish {
namespace {

// Copied before anything else is looked at: the public log's buffers hold as much, and a stop waits for it.
constexpr std::uint64_t kStepEvents = 16'384;

}  // namespace

absl::StatusOr<std::unique_ptr<Publisher>> Publisher::Start(const PublisherOptions& options,
                                                            const journal::Journal& journal,
                                                            std::unique_ptr<Signer> signer) {
  const std::uint64_t promised = signer->last().checkpoint.size;
  if (journal.tail().sequence < promised) {
    return absl::DataLossError(absl::StrCat("the log ends at event ", journal.tail().sequence, ", but a checkpoint of ",
                                            promised, " events was signed: it was rolled back; see ",
                                            "deploy/runbooks/signing-key.md"));
  }
  absl::StatusOr<std::unique_ptr<PublicLog>> log = PublicLog::Open(options.folder);
  if (!log.ok()) {
    return log.status();
  }
  return std::unique_ptr<Publisher>(new Publisher(options, journal, *std::move(log), std::move(signer)));
}

Publisher::Publisher(const PublisherOptions& options, const journal::Journal& journal, std::unique_ptr<PublicLog> log,
                     std::unique_ptr<Signer> signer)
    : options_(options),
      log_(std::move(log)),
      signer_(std::move(signer)),
      key_files_(signer_->files()),
      follower_(journal, *log_),
      saved_size_(log_->size()),
      verifier_(signer_->verifier()),
      thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), "escrow-publish");
}

Publisher::~Publisher() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stop_changed_.notify_one();
  thread_.join();
}

absl::StatusOr<std::shared_ptr<const tlog::SignedCheckpoint>> Publisher::checkpoint() const {
  const std::lock_guard lock(mutex_);
  if (!stopped_.ok()) {
    return stopped_;
  }
  if (newest_ == nullptr) {
    return absl::UnavailableError("the public log is being caught up with; ask again in a moment");
  }
  return newest_;
}

tlog::VerifierKey Publisher::verifier() const {
  const std::lock_guard lock(mutex_);
  return verifier_;
}

absl::StatusOr<std::string> Publisher::Handover(const std::string& verifier_key) const {
  return MakeHandover(key_files_, verifier_key);
}

void Publisher::TakeOver() {
  const std::lock_guard lock(mutex_);
  take_over_ = true;
}

absl::Status Publisher::ChangeKey() {
  {
    const std::lock_guard lock(mutex_);
    if (!take_over_) {
      return absl::OkStatus();
    }
    take_over_ = false;
  }
  if (absl::Status status = signer_->TakeOver(); !status.ok()) {
    return status;
  }
  const std::lock_guard lock(mutex_);
  verifier_ = signer_->verifier();
  return absl::OkStatus();
}

void Publisher::Run() {
  const absl::Status status = Follow();
  if (!status.ok()) {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = status;
    }
    options_.on_stopped(status);
  }
}

absl::Status Publisher::Follow() {
  if (absl::Status status = follower_.Begin(); !status.ok()) {
    return status;
  }
  for (bool at_end = false;;) {
    const bool stop = WaitForNextLook(at_end);
    const absl::StatusOr<bool> stepped = follower_.Step(kStepEvents);
    if (!stepped.ok()) {
      return stepped.status();
    }
    at_end = *stepped;
    const bool leave = stop && (at_end || newest_ == nullptr);
    if (leave || std::chrono::steady_clock::now() >= next_checkpoint_) {
      if (absl::Status status = Sign(); !status.ok()) {
        return status;
      }
    }
    if (leave || log_->size() - saved_size_ >= options_.save_events) {
      saved_size_ = log_->size();
      if (absl::Status status = log_->Save(); !status.ok()) {
        return status;
      }
    }
    if (leave) {
      return absl::OkStatus();
    }
  }
}

bool Publisher::WaitForNextLook(bool at_end) {
  std::unique_lock lock(mutex_);
  return stop_changed_.wait_for(lock, at_end ? options_.look_pause : std::chrono::milliseconds(0),
                                [this] { return stop_; });
}

absl::Status Publisher::Sign() {
  if (absl::Status status = ChangeKey(); !status.ok()) {
    return status;
  }
  const TreeHead head = log_->head();
  if (head.size < signer_->last().checkpoint.size) {
    return absl::OkStatus();  // still catching up
  }
  if (newest_ != nullptr && newest_->checkpoint.size == head.size) {
    return absl::OkStatus();
  }
  TreeReader tree(*log_);
  absl::StatusOr<tlog::SignedCheckpoint> signed_head = signer_->Sign(head, tree);
  if (!signed_head.ok()) {
    return signed_head.status();
  }
  next_checkpoint_ = std::chrono::steady_clock::now() + options_.checkpoint_pause;
  if (absl::Status status = ReplaceFile(options_.folder + "/checkpoint", tlog::FormatNote(signed_head->note));
      !status.ok()) {
    return status;
  }
  const std::lock_guard lock(mutex_);
  newest_ = std::make_shared<const tlog::SignedCheckpoint>(*std::move(signed_head));
  return absl::OkStatus();
}

}  // namespace escrow::publish
