#pragma once

#include <cstddef>

#include "base/time.h"
#include "core/state.h"

// Starting and stopping the timers of one agreement. Each keeps Agreement::timers in order of expiry.
namespace escrow::core {

// Something that timers start at: the event `sequence` at `now`.
struct TimerStart {
  base::Time now;
  std::uint64_t sequence = 0;
};

// The agreement was created: the long stop runs.
void StartLongStop(Agreement& agreement, const Terms& terms, const TimerStart& start);
// The agreement became ACTIVE: every timer that starts there, or that ends at a fixed time.
void StartAtActivation(Agreement& agreement, const Terms& terms, const TimerStart& start);
// Milestone `index` became FUNDED.
void StartAtFunding(Agreement& agreement, const Terms& terms, std::size_t index, const TimerStart& start);
// The first confirmation of `kind` was recorded for milestone `index`.
void StartAtConfirmation(Agreement& agreement, const Terms& terms, std::size_t index, v1::ConfirmationKind kind,
                         const TimerStart& start);

void StopTimer(Agreement& agreement, TimerKind kind, std::size_t index);
void StopDeemed(Agreement& agreement, std::size_t index, std::size_t requirement);
// Every timer of milestone `index`.
void StopMilestone(Agreement& agreement, std::size_t index);

}  // namespace escrow::core
