#include "bench/handover.h"

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "base/cores.h"
#include "bench/stats.h"

namespace escrow::bench {
namespace {

constexpr int kTurns = 100'000;

// Waits for `word` to become `mine` and makes it `mine` + 1, again and again, two further each time.
void TakeTurns(std::size_t core, int mine, std::atomic<int>& word) {
  base::KeepThreadOn({core});
  for (; mine < 2 * kTurns; mine += 2) {
    while (word.load(std::memory_order_acquire) != mine) {
    }
    word.store(mine + 1, std::memory_order_release);
  }
}

}  // namespace

double HandoverNanoseconds() {
  const std::vector<std::size_t> cores = base::CoresOfThread();
  if (cores.size() < 2) {
    return 0;
  }
  std::atomic<int> word = 0;
  const Clock::time_point begin = Clock::now();
  std::thread even(TakeTurns, cores.front(), 0, std::ref(word));
  std::thread odd(TakeTurns, cores.back(), 1, std::ref(word));
  even.join();
  odd.join();
  return SecondsSince(begin) * 1e9 / kTurns;
}

}  // namespace escrow::bench
