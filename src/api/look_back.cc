#include "api/look_back.h"

#include <pthread.h>

#include <chrono>
#include <string>
#include <utility>

#include "api/refusal.h"
#include "core/validate.h"

namespace escrow::api {
namespace {

constexpr std::chrono::seconds kKeptIdle{60};

}  // namespace

LookBack::LookBack(const journal::Journal& journal, std::size_t queue_max, std::function<void(std::string_view)> warn)
    : journal_(journal), queue_max_(queue_max), warn_(std::move(warn)), past_(journal), thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), "escrow-past");
}

LookBack::~LookBack() {
  Stop();
  thread_.join();
}

bool LookBack::Post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (tasks_.size() >= queue_max_) {
      return false;
    }
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

void LookBack::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
}

bool LookBack::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void LookBack::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const bool woken = wake_.wait_for(lock, kKeptIdle, [this] { return stopping_ || !tasks_.empty(); });
    if (!woken) {
      past_.Forget();
      continue;
    }
    if (tasks_.empty()) {
      return;
    }
    const Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task.done(Carry(task));
    lock.lock();
  }
}

grpc::Status LookBack::Carry(const Task& task) {
  std::uint64_t sequence = 0;
  if (grpc::Status status = Resolve(task.as_of, sequence); !status.ok()) {
    return status;
  }
  const absl::Status moved = past_.MoveTo(sequence, [this, &task] { return stopping() || task.cancelled(); });
  if (absl::IsCancelled(moved)) {
    return stopping() ? Refuse(v1::REASON_DRAINING) : grpc::Status::CANCELLED;
  }
  if (!moved.ok()) {
    past_.Forget();
    return Failure(moved);
  }
  task.look(past_.machine());
  return grpc::Status::OK;
}

grpc::Status LookBack::Resolve(const AsOf& as_of, std::uint64_t& sequence) const {
  if (as_of.sequence != 0 && as_of.time) {
    return Refuse(v1::REASON_INVALID_FIELD, {{"field", "as_of_time"}});
  }
  const std::uint64_t tail = journal_.tail().sequence;
  if (!as_of.time) {
    if (as_of.sequence < 0) {
      return Refuse(v1::REASON_INVALID_FIELD, {{"field", "as_of_sequence"}, {"value", std::to_string(as_of.sequence)}});
    }
    sequence = static_cast<std::uint64_t>(as_of.sequence);
    return sequence <= tail ? grpc::Status::OK
                            : Refuse(v1::REASON_EVENT_NOT_FOUND, {{"sequence", std::to_string(sequence)}});
  }
  base::Time time;
  if (const core::Check wrong = core::ReadTime(*as_of.time, "as_of_time", time)) {
    return Refuse(wrong->reason, wrong->variables);
  }
  const absl::StatusOr<std::uint64_t> found = engine::LastEventUntil(journal_, time);
  if (!found.ok()) {
    return Failure(found.status());
  }
  sequence = *found;
  return sequence > 0 ? grpc::Status::OK : Refuse(v1::REASON_EVENT_NOT_FOUND, {{"field", "as_of_time"}});
}

grpc::Status LookBack::Failure(const absl::Status& status) const {
  warn_(std::string(status.message()));
  return LogFailure(status);
}

}  // namespace escrow::api
