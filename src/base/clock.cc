#include "base/clock.h"

#include <ctime>

#include "base/assert.h"

namespace escrow::base {

Time SystemClock::Now() const {
  timespec now{};
  const int result = clock_gettime(CLOCK_REALTIME, &now);
  ESCROW_ASSERT(result == 0);
  return Time{static_cast<std::int64_t>(now.tv_sec) * kNsPerSecond + now.tv_nsec};
}

}  // namespace escrow::base
