#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace escrow::test {

// The seed of a random test: $ESCROW_SEED, or a new one. Printed in any case, so that a failure can be repeated.
inline std::uint64_t Seed() {
  const char* given = std::getenv("ESCROW_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::printf("ESCROW_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

}  // namespace escrow::test
