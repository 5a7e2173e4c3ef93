#pragma once

#include "base/time.h"

namespace escrow::base {

// Where time enters the system. The engine asks it; the core never does. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // The present time. May go back; who needs monotone time makes it so.
  [[nodiscard]] virtual Time Now() const = 0;
};

// The clock of the operating system (CLOCK_REALTIME).
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Time Now() const override;
};

// Time since some start (CLOCK_MONOTONIC): never goes back, and nobody can set it. For pauses, which have nothing to do
// with what the log calls time.
class SteadyClock final : public Clock {
 public:
  [[nodiscard]] Time Now() const override;
};

}  // namespace escrow::base
