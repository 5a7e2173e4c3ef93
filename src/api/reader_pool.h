#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace escrow::api {

// ReaderPool: the threads on which the API reads the log, because RocksDB may block and neither gRPC's nor the engine's
// threads may. First come, first served; a long reader gives its thread back and queues again.
//
// Threading: any thread may post. Limits: `queue_max` waiting tasks; beyond it only steps of streams are taken.
class ReaderPool {
 public:
  ReaderPool(std::size_t threads, std::size_t queue_max);
  // Runs what is queued, then stops.
  ~ReaderPool();
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;

  // Runs `task` soon. False, and nothing happens, when the queue is full.
  [[nodiscard]] bool Post(std::function<void()> task);

  // The same for the next step of a stream, or of a write to the vault, which is never refused: each has one task at
  // most, and there are at most event_streams_max streams and inflight_commands_max writes.
  void PostStreamStep(std::function<void()> task);

 private:
  void Run();

  const std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace escrow::api
