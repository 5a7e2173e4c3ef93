#include "api/event_hub.h"

#include <algorithm>

namespace escrow::api {

EventHub::EventHub(engine::Engine& engine, std::size_t streams_max)
    : engine_(engine), streams_max_(streams_max), durable_sequence_(engine.watermarks().durable_sequence) {
  listener_ = engine_.AddDurableListener([this](std::uint64_t sequence) {
    {
      const std::lock_guard lock(mutex_);
      durable_sequence_ = std::max(durable_sequence_, sequence);
      if (durable_sequence_ <= first_awaited_) {
        return;
      }
    }
    wake_.notify_one();
  });
  {
    // A group that became durable before the listener was there.
    const std::lock_guard lock(mutex_);
    durable_sequence_ = std::max(durable_sequence_, engine_.watermarks().durable_sequence);
  }
  thread_ = std::thread([this] { Run(); });
}

EventHub::~EventHub() {
  engine_.RemoveDurableListener(listener_);
  Close();
  thread_.join();
}

bool EventHub::Enter() {
  const std::lock_guard lock(mutex_);
  if (streams_ == streams_max_) {
    return false;
  }
  ++streams_;
  return true;
}

void EventHub::Leave() {
  const std::lock_guard lock(mutex_);
  --streams_;
}

void EventHub::Wait(std::shared_ptr<Waiter> waiter, std::uint64_t sequence) {
  {
    const std::lock_guard lock(mutex_);
    if (!closed_ && durable_sequence_ <= sequence) {
      waiting_.push_back({std::move(waiter), sequence});
      first_awaited_ = std::min(first_awaited_, sequence);
      return;
    }
  }
  waiter->Woken();
}

bool EventHub::Forget(const Waiter& waiter) {
  std::shared_ptr<Waiter> last;  // goes after the lock
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(waiting_, &waiter, [](const Entry& entry) { return entry.waiter.get(); });
  if (found == waiting_.end()) {
    return false;
  }
  last = std::move(found->waiter);
  waiting_.erase(found);
  return true;
}

std::uint64_t EventHub::durable_sequence() const { return engine_.watermarks().durable_sequence; }

bool EventHub::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

void EventHub::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  wake_.notify_one();
}

void EventHub::Run() {
  std::vector<std::shared_ptr<Waiter>> woken;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return closed_ || first_awaited_ < durable_sequence_; });
    first_awaited_ = kNever;
    for (Entry& entry : waiting_) {
      if (closed_ || entry.sequence < durable_sequence_) {
        woken.push_back(std::move(entry.waiter));
      } else {
        first_awaited_ = std::min(first_awaited_, entry.sequence);
      }
    }
    std::erase_if(waiting_, [](const Entry& entry) { return entry.waiter == nullptr; });
    if (closed_ && woken.empty()) {
      return;
    }
    lock.unlock();
    for (const std::shared_ptr<Waiter>& waiter : woken) {
      waiter->Woken();
    }
    woken.clear();
    lock.lock();
  }
}

}  // namespace escrow::api
