#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "audit/entry_source.h"

namespace escrow::audit {

// The first of the leaves 0 to size - 1 whose hash differs between two copies of a log; nothing when none does. Hashes
// are computed from the entries, and taken from the stored tiles where a copy has no entries. Errors: those of reading.
[[nodiscard]] absl::StatusOr<std::optional<std::uint64_t>> FirstDifferentLeaf(EntrySource& one, EntrySource& other,
                                                                              std::uint64_t size);

}  // namespace escrow::audit
