#pragma once

#include <cstdint>
#include <limits>

#include "escrow/v1/event.pb.h"
#include "google/protobuf/timestamp.pb.h"

// Times of the log as nanoseconds since 1970. Pure.
namespace escrow::audit {

using Nanos = std::int64_t;

inline constexpr Nanos kNanosPerSecond = 1'000'000'000;
inline constexpr std::int64_t kTimeSecondsMax = 9'223'372'036;  // the last whole second that fits into Nanos

// Whether it is a moment after the beginning of 1970 that fits into Nanos.
[[nodiscard]] inline bool IsTime(const google::protobuf::Timestamp& time) {
  return time.seconds() >= 0 && time.seconds() < kTimeSecondsMax && time.nanos() >= 0 &&
         time.nanos() < kNanosPerSecond && (time.seconds() > 0 || time.nanos() > 0);
}

// REQUIRES: IsTime(time).
[[nodiscard]] inline Nanos NanosOf(const google::protobuf::Timestamp& time) {
  return time.seconds() * kNanosPerSecond + time.nanos();
}

// The time by which the rules were applied to an event. REQUIRES: its times are times.
[[nodiscard]] inline Nanos EffectiveTimeOf(const v1::Event& event) {
  return NanosOf(event.has_effective_time() ? event.effective_time() : event.log_time());
}

inline void SetTime(Nanos nanos, google::protobuf::Timestamp& time) {
  time.set_seconds(nanos / kNanosPerSecond);
  time.set_nanos(static_cast<std::int32_t>(nanos % kNanosPerSecond));
}

// `time` and `seconds` >= 0 after it; the end of time when it lies beyond.
[[nodiscard]] inline Nanos After(Nanos time, std::int64_t seconds) {
  constexpr Nanos kEnd = std::numeric_limits<Nanos>::max();
  return seconds > (kEnd - time) / kNanosPerSecond ? kEnd : time + seconds * kNanosPerSecond;
}

}  // namespace escrow::audit
