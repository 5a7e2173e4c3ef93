#pragma once

#include "audit/complaint.h"
#include "audit/domain_world.h"
#include "escrow/v1/event.pb.h"

namespace escrow::audit {

// Takes the world one event further: books it and changes what its fact is about. Wrong: what the books say of the
// postings, and an agreement whose sums do not add up after it: deposited = held + released + refunded + fees +
// unallocated (design.md §3, 2; nothing is reversed and nobody is in debt under rules version 1).
//
// `now` is the time by which the rules were applied. REQUIRES: the event is what the rules ask for here.
[[nodiscard]] Complaint ApplyEvent(const v1::Event& event, Nanos now, World& world);

}  // namespace escrow::audit
