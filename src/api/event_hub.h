#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/engine.h"

namespace escrow::api {

// EventHub: wakes the event streams that have reached the end of the log. A stream that waits here owns nothing else:
// no thread, no buffer, no task.
//
//   responder's thread   a group is durable: note its end and, if a stream waits for it, wake the hub's thread
//                        (small, whatever the number of streams)
//   hub's thread         wake every stream that waits for something now there
//
// Threading: any thread. Ownership: borrows the engine.
class EventHub {
 public:
  class Waiter {
   public:
    // The log goes on, or the hub closed. On the hub's thread or that of Wait; must not block.
    virtual void Woken() = 0;

   protected:
    ~Waiter() = default;
  };
  // For Wait: woken only when the hub closes.
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  // `streams_max`: how many streams there may be.
  EventHub(engine::Engine& engine, std::size_t streams_max);
  ~EventHub();
  EventHub(const EventHub&) = delete;
  EventHub& operator=(const EventHub&) = delete;

  // A place for a stream. False when all are taken.
  [[nodiscard]] bool Enter();
  void Leave();

  // Calls waiter->Woken() once, when an event after `sequence` is durable or the hub closes: perhaps at once, on this
  // thread. Keeps the waiter until then.
  void Wait(std::shared_ptr<Waiter> waiter, std::uint64_t sequence);
  // Takes back a Wait. True when it was waiting: Woken will not be called.
  bool Forget(const Waiter& waiter);

  // The engine's, not the hub's own: a caller who has a reply sees its events, although the listeners hear of them
  // later.
  [[nodiscard]] std::uint64_t durable_sequence() const;
  [[nodiscard]] bool closed() const;
  // Wakes all, now and from now on.
  void Close();

 private:
  struct Entry {
    std::shared_ptr<Waiter> waiter;
    std::uint64_t sequence;
  };

  void Run();

  engine::Engine& engine_;
  const std::size_t streams_max_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::uint64_t durable_sequence_;  // that the listener has heard of
  std::size_t streams_ = 0;
  std::vector<Entry> waiting_;
  std::uint64_t first_awaited_ = kNever;  // no entry has a lower sequence
  bool closed_ = false;
  std::uint64_t listener_;
  std::thread thread_;
};

}  // namespace escrow::api
