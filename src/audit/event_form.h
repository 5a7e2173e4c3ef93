#pragma once

#include <string_view>

#include "audit/complaint.h"
#include "escrow/v1/event.pb.h"

namespace escrow::audit {

// Level "structure": reads an entry as an event and checks what can be said of it alone: that it is one, in the
// shortest encoding, without fields or values that the contract does not know, and that what must be there is there and
// what must not be is not (proto/escrow/v1/event.proto). Any bytes may come; `event` is what they say when nothing is
// wrong.
[[nodiscard]] Complaint ReadEvent(std::string_view entry, v1::Event& event);

}  // namespace escrow::audit
