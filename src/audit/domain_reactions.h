#pragma once

#include "audit/domain_world.h"
#include "escrow/v1/event.pb.h"

// What follows by itself from the state of an agreement. Pure.
namespace escrow::audit {

// Fills fact and postings of the event that must come next at `now`, before any command is looked at; false when
// nothing does. `event.sequence()` must be set: it names automatic payouts.
//
// The order: late money goes back; everybody's consent cancels; everybody's acceptance activates; custody of what ended
// without release goes back; money funds; conditions release; the agreement closes; parts go back; what is too much
// goes back; payouts that are due leave.
[[nodiscard]] bool NextReaction(const AgreementNow& agreement, Nanos now, v1::Event& event);

// The event of the agreement's earliest timer. REQUIRES: one runs.
void FillTimerEvent(const AgreementNow& agreement, v1::Event& event);

// Whether every milestone that this one waits for has ended. REQUIRES: the agreement has not ended.
[[nodiscard]] bool IsOpen(const AgreementNow& agreement, std::size_t milestone);

// The milestone with this id, or as many as there are. REQUIRES: the agreement has not ended.
[[nodiscard]] std::size_t PositionOf(const AgreementNow& agreement, const std::string& milestone_id);

}  // namespace escrow::audit
