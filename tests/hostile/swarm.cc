#include "hostile/swarm.h"

#include <utility>

#include "base/assert.h"

namespace escrow::test {

// One call, that goes through its steps on the swarm's thread.
class Swarm::Call {
 public:
  Call(Swarm& swarm, std::size_t connection) : swarm_(swarm), connection_(connection) { Begin(); }

  // An operation is complete. False when the call has ended and does not begin anew.
  bool Step(bool ok) {
    switch (step_) {
      case Next::kStarted:
        if (!ok || swarm_.plan_.habit == Habit::kSayNothing) {
          return Finish();
        }
        step_ = Next::kWritten;
        call_->WriteLast(Bytes(), grpc::WriteOptions(), this);
        return true;
      case Next::kWritten:
        if (!ok || swarm_.plan_.habit == Habit::kNeverRead) {
          return Finish();
        }
        step_ = Next::kRead;
        call_->Read(&answer_, this);
        return true;
      case Next::kRead:
        return Finish();
      case Next::kFinished:
        swarm_.Ended(status_);
        if (swarm_.stopping_ || swarm_.plan_.habit != Habit::kAgainAndAgain) {
          return false;
        }
        Begin();
        return true;
    }
    return false;
  }

  void Cancel() {
    const std::lock_guard lock(mutex_);
    context_->TryCancel();
  }

 private:
  enum class Next { kStarted, kWritten, kRead, kFinished };

  void Begin() {
    auto context = std::make_unique<grpc::ClientContext>();
    swarm_.remotes_[connection_]->Prepare(*context, std::chrono::minutes(5));
    {
      const std::lock_guard lock(mutex_);
      call_ = nullptr;
      context_ = std::move(context);
      if (swarm_.stopping_) {
        context_->TryCancel();
      }
    }
    call_ = swarm_.stubs_[connection_]->PrepareCall(context_.get(), swarm_.plan_.method, &swarm_.queue_);
    step_ = Next::kStarted;
    call_->StartCall(this);
  }

  bool Finish() {
    step_ = Next::kFinished;
    call_->Finish(&status_, this);
    return true;
  }

  grpc::ByteBuffer Bytes() const {
    const grpc::Slice slice(swarm_.make_ ? swarm_.make_() : swarm_.plan_.message);
    return {&slice, 1};
  }

  Swarm& swarm_;
  const std::size_t connection_;
  std::mutex mutex_;  // guards context_, between Begin and Cancel
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  grpc::ByteBuffer answer_;
  grpc::Status status_;
  Next step_ = Next::kStarted;
};

Swarm::Swarm(const std::string& address, const std::string& key, const Plan& plan, std::function<std::string()> make)
    : plan_(plan), make_(std::move(make)) {
  for (std::size_t i = 0; i < plan_.connections; ++i) {
    remotes_.push_back(std::make_unique<Remote>(address, key));
    stubs_.push_back(std::make_unique<grpc::GenericStub>(remotes_.back()->channel()));
  }
  for (std::size_t i = 0; i < plan_.calls; ++i) {
    calls_.push_back(std::make_unique<Call>(*this, i % plan_.connections));
  }
  thread_ = std::thread([this] { Run(); });
}

Swarm::~Swarm() {
  stopping_ = true;
  for (const std::unique_ptr<Call>& call : calls_) {
    call->Cancel();
  }
  thread_.join();
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  ESCROW_ASSERT(!queue_.Next(&tag, &ok));
}

void Swarm::Run() {
  std::size_t live = calls_.size();
  void* tag = nullptr;
  bool ok = false;
  while (live > 0 && queue_.Next(&tag, &ok)) {
    live -= static_cast<Call*>(tag)->Step(ok) ? 0U : 1U;
  }
}

void Swarm::Ended(const grpc::Status& status) {
  const std::string reason = ReasonOf(status);
  const std::lock_guard lock(mutex_);
  ++ended_[reason.empty() ? "status " + std::to_string(status.error_code()) : reason];
  ++ended_count_;
  changed_.notify_all();
}

std::map<std::string, std::size_t> Swarm::AwaitEnded(std::size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ended_count_ >= count; });
  return ended_;
}

std::map<std::string, std::size_t> Swarm::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

}  // namespace escrow::test
