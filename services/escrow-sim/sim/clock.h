#pragma once

#include "base/clock.h"

namespace escrow::sim {

// A clock that moves when the simulation says so, in either direction.
class VirtualClock final : public base::Clock {
 public:
  [[nodiscard]] base::Time Now() const override { return now_; }
  void Set(base::Time now) { now_ = now; }
  void Advance(std::int64_t ns) { now_.ns += ns; }

 private:
  base::Time now_{1'767'225'600 * base::kNsPerSecond};  // 2026-01-01T00:00:00Z
};

}  // namespace escrow::sim
