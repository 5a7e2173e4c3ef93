#pragma once

#include <cstddef>

namespace escrow::core {

// So many commands ahead an event that will be applied is announced (Machine::Announce).
//
// WHY: with a million agreements, what an event looks up and changes lies anywhere in memory, each place is known only
// when the one before has come, and each takes as long as some hundred instructions. Asked for some commands earlier,
// it is there in time: replay is a tenth faster by it (docs/PERFORMANCE.md, 22).
inline constexpr std::size_t kAnnouncedAhead = 6;

}  // namespace escrow::core
