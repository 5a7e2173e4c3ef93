#pragma once

#include "audit/entry_source.h"

namespace escrow::audit {

// A folder in the layout of C2SP tlog-tiles: checkpoint, tile/<L>/<N>, tile/entries/<N>, and partial tiles.
[[nodiscard]] absl::StatusOr<std::unique_ptr<EntrySource>> OpenTileFolder(const std::string& path);

}  // namespace escrow::audit
