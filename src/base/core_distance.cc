#include "base/core_distance.h"

#include <pthread.h>

#include <algorithm>
#include <cstdint>

#include "base/cores.h"

namespace escrow::base {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr int kSeries = 8;
constexpr int kRoundTrips = 256;                // of a series
constexpr std::uint32_t kSpinsPerLook = 1'024;  // at the time

constexpr nanoseconds kFar(250);
constexpr std::chrono::seconds kBetweenLooks(1);
constexpr std::chrono::milliseconds kLookMax(10);

// A word that two threads make larger in turn.
class Word {
 public:
  explicit Word(Clock::time_point end) : end_(end) {}

  // Waits for the word to become `mine` and makes it one larger. False when time is over.
  bool Take(int mine) {
    for (std::uint32_t spins = 1; value_.load(std::memory_order_acquire) != mine; ++spins) {
      if (spins % kSpinsPerLook == 0 && IsOver()) {
        return false;
      }
    }
    value_.store(mine + 1, std::memory_order_release);
    return true;
  }

  // Whether time is over, for both then.
  bool IsOver() {
    if (Clock::now() >= end_) {
      over_.store(true, std::memory_order_relaxed);
    }
    return over_.load(std::memory_order_relaxed);
  }

 private:
  const Clock::time_point end_;
  alignas(64) std::atomic<int> value_ = 0;
  alignas(64) std::atomic<bool> over_ = false;
};

// The word comes back with each turn but the first: the shortest series of round trips, one each.
std::optional<nanoseconds> TakeEvenTurns(Word& word) {
  std::optional<nanoseconds> shortest;
  int turn = 0;
  for (int series = 0; series < kSeries && !word.IsOver(); ++series) {
    Clock::time_point begin;
    for (int trip = 0; trip <= kRoundTrips; ++trip, turn += 2) {
      if (!word.Take(turn)) {
        return shortest;
      }
      begin = trip == 0 ? Clock::now() : begin;
    }
    const nanoseconds one = std::chrono::duration_cast<nanoseconds>(Clock::now() - begin) / kRoundTrips;
    shortest = std::min(shortest.value_or(one), one);
  }
  return shortest;
}

void TakeOddTurns(Word& word) {
  for (int turn = 1; turn < 2 * kSeries * (kRoundTrips + 1) && word.Take(turn); turn += 2) {
  }
}

}  // namespace

std::optional<nanoseconds> RoundTrip(std::size_t core, std::size_t other, nanoseconds time_max) {
  Word word(Clock::now() + time_max);
  std::optional<nanoseconds> shortest;
  std::thread even([&] {
    KeepThreadOn({core});
    shortest = TakeEvenTurns(word);
  });
  std::thread odd([&] {
    KeepThreadOn({other});
    TakeOddTurns(word);
  });
  even.join();
  odd.join();
  return shortest;
}

CoreDistance::CoreDistance(std::size_t core, std::size_t other)
    : thread_([this, core, other] { LookNowAndThen(core, other); }) {
  pthread_setname_np(thread_.native_handle(), "escrow-distance");
}

CoreDistance::~CoreDistance() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  ended_changed_.notify_one();
  thread_.join();
}

void CoreDistance::LookNowAndThen(std::size_t core, std::size_t other) {
  std::unique_lock lock(mutex_);
  while (!ended_) {
    lock.unlock();
    const std::optional<nanoseconds> round_trip = RoundTrip(core, other, kLookMax);
    lock.lock();
    if (round_trip) {
      far_.store(*round_trip >= kFar, std::memory_order_relaxed);
    }
    ended_changed_.wait_for(lock, kBetweenLooks, [this] { return ended_; });
  }
}

}  // namespace escrow::base
