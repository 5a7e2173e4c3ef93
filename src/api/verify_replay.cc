#include "api/verify_replay.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "api/caller.h"
#include "api/refusal.h"
#include "crypto/hex.h"
#include "engine/replay.h"
#include "grpcpp/server_context.h"

namespace escrow::api {
namespace {

using grpc::Status;

// A journal to read, until `stop` says so: then the reading ends with CANCELLED. It has no way to write.
class InterruptibleJournal final : public journal::Journal {
 public:
  InterruptibleJournal(const Journal& journal, std::function<bool()> stop)
      : journal_(journal), stop_(std::move(stop)) {}

  absl::Status Read(std::uint64_t first, const Visitor& visit) const override {
    bool stopped = false;
    return Ended(journal_.Read(first, UntilStopped(visit, stopped)), stopped);
  }

  absl::Status Replay(std::uint64_t first, const Visitor& event, const GroupVisitor& group_end) const override {
    bool stopped = false;
    return Ended(journal_.Replay(first, UntilStopped(event, stopped), group_end), stopped);
  }

  absl::StatusOr<std::string> ReadOne(std::uint64_t sequence) const override { return journal_.ReadOne(sequence); }
  journal::Tail tail() const override { return journal_.tail(); }
  std::vector<journal::SnapshotInfo> Snapshots() const override { return journal_.Snapshots(); }
  absl::StatusOr<std::string> ReadSnapshot(std::uint64_t sequence) const override {
    return journal_.ReadSnapshot(sequence);
  }
  absl::StatusOr<std::uint64_t> FreeBytes() const override { return journal_.FreeBytes(); }
  absl::Status WriteAnchor() override { return absl::FailedPreconditionError("read only"); }
  absl::Status Append(const journal::Group&) override { return absl::FailedPreconditionError("read only"); }
  absl::Status WriteSnapshot(journal::SnapshotSource&) override { return absl::FailedPreconditionError("read only"); }

 private:
  [[nodiscard]] Visitor UntilStopped(const Visitor& visit, bool& stopped) const {
    return [this, &visit, &stopped](std::uint64_t sequence, std::string_view bytes) {
      stopped = stop_();
      return !stopped && visit(sequence, bytes);
    };
  }

  [[nodiscard]] static absl::Status Ended(const absl::Status& status, bool stopped) {
    return stopped ? absl::CancelledError("nobody waits for the replay any more") : status;
  }

  const Journal& journal_;
  const std::function<bool()> stop_;
};

// One verification. gRPC's reactions and the thread that replays meet under the mutex; whoever works on it owns it.
class Verification final : public grpc::ServerWriteReactor<v1::VerifyReplayResponse>,
                           public std::enable_shared_from_this<Verification> {
 public:
  explicit Verification(Backend& backend) : backend_(backend) {}

  void Start(const grpc::CallbackServerContext& context) {
    self_ = shared_from_this();
    Caller caller;
    Status status = Admit(context, backend_.credentials, "VerifyReplay", caller);
    if (status.ok()) {
      running_ = !backend_.replaying.exchange(true);
      status = running_ ? AskForDigest() : Refuse(v1::REASON_OVERLOADED);
    }
    if (!status.ok()) {
      Finish(status);
    }
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    stop_ = stop_ || !ok;
    FinishIfDone();
  }

  void OnCancel() override { stop_ = true; }

  void OnDone() override {
    if (running_) {
      backend_.replaying = false;
    }
    self_ = nullptr;
  }

 private:
  Status AskForDigest() {
    const v1::Reason reason = backend_.engine.Query(
        [self = shared_from_this()](const core::Machine& machine, base::Time) {
          self->digest_ = engine::StateDigest(machine);
          self->through_ = machine.last_sequence();
        },
        [self = shared_from_this()] { self->backend_.replayer.PostStreamStep([self] { self->Replay(); }); });
    return reason == v1::REASON_UNSPECIFIED ? Status::OK : Refuse(reason);
  }

  void Replay() {
    const InterruptibleJournal journal(backend_.engine.journal(), [this] { return stop_ || backend_.hub.closed(); });
    const absl::StatusOr<engine::ReplayResult> result = engine::ReplayFromZero(
        journal, through_, [this](std::uint64_t replayed, std::uint64_t) { Progress(replayed); });
    const std::lock_guard lock(mutex_);
    if (result.ok()) {
      Conclude(*result);
      end_ = Status::OK;
    } else if (stop_) {
      end_ = Status::CANCELLED;
    } else if (backend_.hub.closed()) {
      end_ = Refuse(v1::REASON_DRAINING);
    } else {
      backend_.warn(std::string(result.status().message()));
      end_ = LogFailure(result.status());
    }
    FinishIfDone();
  }

  void Progress(std::uint64_t replayed) {
    const std::lock_guard lock(mutex_);
    if (!writing_) {
      writing_ = true;
      message_.set_replayed_sequence(static_cast<std::int64_t>(replayed));
      message_.set_through_sequence(static_cast<std::int64_t>(through_));
      StartWrite(&message_);
    }
  }

  void Conclude(const engine::ReplayResult& result) {
    last_.set_replayed_sequence(static_cast<std::int64_t>(through_));
    last_.set_through_sequence(static_cast<std::int64_t>(through_));
    last_.set_done(true);
    last_.set_live_digest(crypto::HexEncode(digest_));
    last_.set_replay_digest(crypto::HexEncode(result.digest));
    last_.set_identical(result.digest == digest_);
    last_.add_checks("The log has every event from 1 to " + std::to_string(through_) + ", without gaps, each intact.");
    last_.add_checks("Every event was applied to an empty machine; none contradicted the state before it.");
    last_.add_checks("The Merkle root over the replayed events is " + crypto::HexEncode(result.root) + ".");
    last_.add_checks(std::string("The SHA-256 of the rebuilt state ") +
                     (last_.identical() ? "equals" : "DIFFERS from") + " that of the running state.");
  }

  // Under the mutex.
  void FinishIfDone() {
    if (!end_ || writing_) {
      return;
    }
    writing_ = true;
    if (end_->ok()) {
      StartWriteAndFinish(&last_, grpc::WriteOptions(), *end_);
    } else {
      Finish(*end_);
    }
  }

  Backend& backend_;
  std::shared_ptr<Verification> self_;  // until the call is done
  bool running_ = false;                // it is the one that may
  std::atomic<bool> stop_ = false;
  journal::Hash digest_{};
  std::uint64_t through_ = 0;
  std::mutex mutex_;
  bool writing_ = false;
  v1::VerifyReplayResponse message_;  // progress, on its way
  v1::VerifyReplayResponse last_;
  std::optional<Status> end_;
};

}  // namespace

grpc::ServerWriteReactor<v1::VerifyReplayResponse>* StartVerifyReplay(Backend& backend,
                                                                      grpc::CallbackServerContext* context) {
  const auto verification = std::make_shared<Verification>(backend);
  verification->Start(*context);
  return verification.get();
}

}  // namespace escrow::api
