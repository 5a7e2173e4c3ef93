#pragma once

#include <cstddef>

#include "escrow/v1/event.pb.h"
#include "journal/journal.h"

namespace escrow::engine {

// An event is at most this large, so that it fits an entry of a transparency log (C2SP tlog-tiles). The limits of the
// core (core/limits.h) see to it.
inline constexpr std::size_t kEventBytesMax = 65'535;

// Appends an event to a group as the log keeps it. An event is serialised once, here; what is hashed, stored and sent
// are these bytes. REQUIRES: it comes after the group's last.
void AppendEvent(const v1::Event& event, journal::Group& group);

}  // namespace escrow::engine
