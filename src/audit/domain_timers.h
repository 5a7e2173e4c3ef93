#pragma once

#include <cstddef>
#include <cstdint>

#include "audit/domain_world.h"

// When the timers of an agreement start and stop, after proto/escrow/v1/policy.proto (Timer). Pure.
namespace escrow::audit {

// Something that timers start at: event `sequence` at `now`.
struct Moment {
  Nanos now = 0;
  std::uint64_t sequence = 0;
};

void StartLongStop(AgreementNow& agreement, const Moment& moment);
// The agreement became ACTIVE: timers that start there and those of a fixed time.
void StartAtActivation(AgreementNow& agreement, const Moment& moment);
// The milestone became FUNDED.
void StartAtFunding(AgreementNow& agreement, std::size_t milestone, const Moment& moment);
// A confirmation of `kind` was recorded for the milestone for the first time.
void StartAtConfirmation(AgreementNow& agreement, std::size_t milestone, v1::ConfirmationKind kind,
                         const Moment& moment);

// Stops the milestone's timer of this kind.
void StopTimers(AgreementNow& agreement, TimerKind kind, std::size_t milestone);
// Stops the deemed timer of a requirement.
void StopDeemed(AgreementNow& agreement, std::size_t milestone, std::size_t requirement);
// Stops every timer of the milestone; the long stop is the agreement's.
void StopAllOf(AgreementNow& agreement, std::size_t milestone);

}  // namespace escrow::audit
