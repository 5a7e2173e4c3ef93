#pragma once

#include "audit/complaint.h"
#include "escrow/v1/agreement.pb.h"

namespace escrow::audit {

// Whether a milestone's condition and timers have the form that agreement.proto and policy.proto ask for: a tree of at
// most 64 nodes and 8 levels, roles that somebody has, timers that can start and do not wait for what they replace.
[[nodiscard]] Complaint CheckConditionAndTimers(const v1::Agreement& agreement, const v1::Milestone& milestone);

}  // namespace escrow::audit
