#pragma once

#include <vector>

#include "unit/core/world.h"

namespace escrow::core::test {

// A story in which every kind of event happens, refusals and expired timers included. About thirty commands.
void TellStory(World& world);

// The kinds of fact in the log of `world` (values of Event.fact).
[[nodiscard]] std::vector<int> FactsOf(const World& world);

}  // namespace escrow::core::test
