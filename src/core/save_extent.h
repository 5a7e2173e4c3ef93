#pragma once

#include <cstdint>

namespace escrow::core {

// What a save has: the whole state, or what has changed since the save before it began.
enum class SaveExtent : std::uint8_t { kWhole, kChanges };

}  // namespace escrow::core
