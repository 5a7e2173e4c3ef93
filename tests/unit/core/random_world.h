#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>

#include "unit/core/world.h"

// Random agreements and commands for property tests.
namespace escrow::core::test {

// ESCROW_SEED from the environment, to repeat a run; otherwise a new one. Who takes it prints it.
[[nodiscard]] std::uint64_t Seed();

// Equal seeds give equal sequences, in every build.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::int64_t Between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool OneIn(std::int64_t n) { return Between(1, n) == 1; }
  template <class T>
  T Pick(std::initializer_list<T> values) {
    return *(values.begin() + Between(0, static_cast<std::int64_t>(values.size()) - 1));
  }

 private:
  std::mt19937_64 engine_;
};

// A well-formed agreement with milestones m0, m1, ..., the participants buyer, seller, seller2 (a seller or a partner),
// carrier and inspector, and policies, timers and conditions of every kind.
[[nodiscard]] v1::Agreement RandomAgreement(Random& random);

// A command about one of the agreements a0, a1, a2 or one of a few payouts. Most are refused, many are not.
[[nodiscard]] v1::Command RandomCommand(Random& random, const World& world);

}  // namespace escrow::core::test
