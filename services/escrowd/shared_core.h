#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/core_distance.h"

namespace escrow::daemon {

// The core that the thread which takes calls and the one which executes their commands share; none: the kernel chooses
// where each runs. `cores` are those that this process may use. `wish` "auto": with three or fewer the last of them
// (docs/PERFORMANCE.md, 25); with more there is room for each. "off": none.
[[nodiscard]] std::optional<std::size_t> SharedCore(std::string_view wish, const std::vector<std::size_t>& cores);

// How far that core is from another, for the thread that gives the replies (docs/PERFORMANCE.md, 35); null when there
// is no shared core or no other.
[[nodiscard]] std::unique_ptr<base::CoreDistance> DistanceOf(std::optional<std::size_t> shared,
                                                             const std::vector<std::size_t>& cores);

}  // namespace escrow::daemon
