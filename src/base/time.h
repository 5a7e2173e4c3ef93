#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace escrow::base {

// A point in time as a value: nanoseconds since 1970-01-01T00:00:00Z, proleptic, without leap seconds. The core never
// asks for the time; it is given one.
struct Time {
  std::int64_t ns = 0;

  friend constexpr auto operator<=>(Time, Time) = default;
};

inline constexpr std::int64_t kNsPerSecond = 1'000'000'000;
inline constexpr Time kTimeMax{std::numeric_limits<std::int64_t>::max()};

// `time` plus `seconds` >= 0; stays at kTimeMax instead of overflowing.
constexpr Time AddSeconds(Time time, std::int64_t seconds) {
  std::int64_t ns = 0;
  if (__builtin_mul_overflow(seconds, kNsPerSecond, &ns) || __builtin_add_overflow(time.ns, ns, &ns)) {
    return kTimeMax;
  }
  return Time{ns};
}

}  // namespace escrow::base
