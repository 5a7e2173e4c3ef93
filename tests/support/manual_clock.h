#pragma once

#include <atomic>

#include "base/clock.h"

namespace escrow::test {

// A clock that moves only when told. Thread-safe.
class ManualClock final : public base::Clock {
 public:
  [[nodiscard]] base::Time Now() const override { return base::Time{ns_.load()}; }
  void Set(base::Time time) { ns_ = time.ns; }
  void Advance(std::int64_t seconds) { ns_ += seconds * base::kNsPerSecond; }

 private:
  std::atomic<std::int64_t> ns_ = 1'700'000'000 * base::kNsPerSecond;
};

}  // namespace escrow::test
