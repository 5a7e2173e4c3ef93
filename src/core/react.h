#pragma once

#include "base/time.h"
#include "core/state.h"
#include "escrow/v1/event.pb.h"

// What happens to an agreement by itself. Commands and timers change one thing; what follows from it (funding, release,
// refund, closing, payout) is one list of rules here, asked again after each event until nothing follows any more.
namespace escrow::core {

// The next event that follows from the agreement's state at `now`, in `event` (fact and postings); false when nothing
// follows.
[[nodiscard]] bool NextReaction(const State& state, AgreementSlot slot, base::Time now, v1::Event& event);

// The event of the agreement's earliest timer, which is due. REQUIRES: it has a timer (scheduled payouts are
// reactions).
void FillTimerEvent(const State& state, AgreementSlot slot, v1::Event& event);

}  // namespace escrow::core
