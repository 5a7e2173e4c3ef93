#pragma once

#include "audit/entry_source.h"

namespace escrow::audit {

// The level files of a server's data directory (docs/DATA_FORMATS.md): `path` holds entries, entries.index, hashes-<L>
// and checkpoint. Files may be longer than the checkpoint says; what lies beyond it is not looked at.
[[nodiscard]] absl::StatusOr<std::unique_ptr<EntrySource>> OpenDataDirectory(const std::string& path);

}  // namespace escrow::audit
