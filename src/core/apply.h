#pragma once

#include "base/time.h"
#include "core/state.h"
#include "core/state_edit.h"
#include "escrow/v1/event.pb.h"

namespace escrow::core {

// Changes the state as the event says: the only code that does, live and in replay. Total: an event that was decided
// for this state applies. One that contradicts the state aborts the process.
void ApplyEvent(StateEdit& edit, const State& state, const v1::Event& event);

[[nodiscard]] base::Time FromTimestamp(const google::protobuf::Timestamp& timestamp);
void ToTimestamp(base::Time time, google::protobuf::Timestamp& timestamp);

}  // namespace escrow::core
