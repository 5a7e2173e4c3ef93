#include "base/clock.h"

#include <ctime>

#include "base/assert.h"

namespace escrow::base {
namespace {

Time Ask(clockid_t clock) {
  timespec now{};
  const int result = clock_gettime(clock, &now);
  ESCROW_ASSERT(result == 0);
  return Time{static_cast<std::int64_t>(now.tv_sec) * kNsPerSecond + now.tv_nsec};
}

}  // namespace

Time SystemClock::Now() const { return Ask(CLOCK_REALTIME); }

Time SteadyClock::Now() const { return Ask(CLOCK_MONOTONIC); }

}  // namespace escrow::base
