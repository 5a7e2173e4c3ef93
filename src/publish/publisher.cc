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
                                                            std::unique_ptr<Signer> signer,
                                                            std::optional<Witnessing> witnessing) {
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
  return std::unique_ptr<Publisher>(
      new Publisher(options, journal, *std::move(log), std::move(signer), std::move(witnessing)));
}

Publisher::Publisher(const PublisherOptions& options, const journal::Journal& journal, std::unique_ptr<PublicLog> log,
                     std::unique_ptr<Signer> signer, std::optional<Witnessing> witnessing)
    : options_(options),
      log_(std::move(log)),
      signer_(std::move(signer)),
      key_files_(signer_->files()),
      cosigner_(witnessing ? std::make_unique<Cosigner>(*std::move(witnessing), *log_) : nullptr),
      follower_(journal, *log_),
      saved_size_(log_->size()),
      showcase_(options.quorum_patience),
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

absl::StatusOr<SharedCheckpoint> Publisher::checkpoint() const {
  const std::lock_guard lock(mutex_);
  return WhilePublishing(newest_);
}

absl::StatusOr<SharedCheckpoint> Publisher::shown_checkpoint() const {
  const std::lock_guard lock(mutex_);
  return WhilePublishing(shown_);
}

SharedCheckpoint Publisher::cosigned_checkpoint() const {
  const std::lock_guard lock(mutex_);
  return cosigned_;
}

absl::StatusOr<SharedCheckpoint> Publisher::WhilePublishing(const SharedCheckpoint& checkpoint) const {
  if (!stopped_.ok()) {
    return stopped_;
  }
  if (checkpoint == nullptr) {
    return absl::UnavailableError("the public log is being caught up with; ask again in a moment");
  }
  return checkpoint;
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
  signed_ = nullptr;  // a checkpoint of the same size is signed again
  return signer_->TakeOver();
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
    const bool leave = stop && (at_end || signed_ == nullptr);
    if (leave || std::chrono::steady_clock::now() >= next_checkpoint_) {
      if (absl::Status status = Sign(); !status.ok()) {
        return status;
      }
    }
    if (absl::Status status = Show(leave); !status.ok()) {
      return status;
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
  if (signed_ != nullptr && signed_->checkpoint.size == head.size) {
    return absl::OkStatus();
  }
  TreeReader tree(*log_);
  absl::StatusOr<tlog::SignedCheckpoint> signed_head = signer_->Sign(head, tree);
  if (!signed_head.ok()) {
    return signed_head.status();
  }
  next_checkpoint_ = std::chrono::steady_clock::now() + options_.checkpoint_pause;
  signed_ = std::make_shared<const tlog::SignedCheckpoint>(*std::move(signed_head));
  if (cosigner_ != nullptr) {
    cosigner_->Submit(signed_);
  }
  return absl::OkStatus();
}

absl::Status Publisher::Show(bool last) {
  if (signed_ == nullptr) {
    return absl::OkStatus();
  }
  Cosigner::Progress now{.newest = signed_, .cosigned = nullptr};
  if (cosigner_ != nullptr) {
    if (last) {
      cosigner_->Await(options_.last_quorum_patience);
    }
    now = cosigner_->progress();
  }
  const SharedCheckpoint shown =
      last ? now.newest : showcase_.Choose(now.newest, now.cosigned, std::chrono::steady_clock::now());
  if (shown != shown_) {
    const absl::Status status = ReplaceFile(options_.folder + "/checkpoint", tlog::FormatNote(shown->note));
    if (!status.ok()) {
      return status;
    }
  }
  const std::lock_guard lock(mutex_);
  verifier_ = signer_->verifier();
  newest_ = std::move(now.newest);
  shown_ = shown;
  cosigned_ = std::move(now.cosigned);
  return absl::OkStatus();
}

}  // namespace escrow::publish
