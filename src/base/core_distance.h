#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>

// How far apart two cores are: how long a word takes from one to the other and back. Cores with a cache in common were
// 45 to 110 ns apart where we measured, others 330 to 420, and two threads that hand much to each other carry a
// quarter less there. A virtual machine cannot know which its own are, and the host may move them while it runs
// (docs/PERFORMANCE.md, 30 and 35).
namespace escrow::base {

// Measures it. Two threads, one on each core, run at full speed until it is known, some 1 ms when nothing else runs
// there, and `time_max` at most. What runs beside them does not count: of some short series the shortest does.
// Nothing when the two hardly ran at the same time. REQUIRES: the calling thread may run on both cores, which differ.
[[nodiscard]] std::optional<std::chrono::nanoseconds> RoundTrip(std::size_t core, std::size_t other,
                                                                std::chrono::nanoseconds time_max);

// CoreDistance: whether two cores are far apart, looked at every second by a thread of its own.
//
// Threading: any thread. Cost: one to three thousandths of the two cores.
class CoreDistance {
 public:
  // As RoundTrip.
  CoreDistance(std::size_t core, std::size_t other);
  ~CoreDistance();
  CoreDistance(const CoreDistance&) = delete;
  CoreDistance& operator=(const CoreDistance&) = delete;

  // Whether they were far apart when that could be measured last; no, before.
  [[nodiscard]] bool far() const { return far_.load(std::memory_order_relaxed); }

 private:
  void LookNowAndThen(std::size_t core, std::size_t other);

  std::atomic<bool> far_ = false;
  std::mutex mutex_;
  std::condition_variable ended_changed_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace escrow::base
