#pragma once

#include <cstdint>
#include <vector>

#include "base/assert.h"

namespace escrow::sim {

// Random: equal seeds give equal sequences in every build (splitmix64). Everything that a simulation does by chance
// asks one of these.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }

  // low to high, both included.
  std::int64_t Between(std::int64_t low, std::int64_t high) {
    ESCROW_ASSERT(low <= high);
    return low + static_cast<std::int64_t>(Next() % (static_cast<std::uint64_t>(high - low) + 1));
  }
  // True once in `n` times.
  bool OneIn(std::int64_t n) { return Between(1, n) == 1; }
  // True `percent` times in a hundred.
  bool Percent(std::int64_t percent) { return Between(1, 100) <= percent; }

  template <class T>
  const T& Pick(const std::vector<T>& values) {
    ESCROW_ASSERT(!values.empty());
    return values[static_cast<std::size_t>(Between(0, static_cast<std::int64_t>(values.size()) - 1))];
  }

 private:
  std::uint64_t state_;
};

}  // namespace escrow::sim
