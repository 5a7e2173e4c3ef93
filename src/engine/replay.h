#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/machine.h"
#include "journal/journal.h"

namespace escrow::engine {

// SHA-256 of the machine's canonical encoding.
[[nodiscard]] journal::Hash StateDigest(const core::Machine& machine);

// Rebuilds a machine from events 1 to `through` of the journal, from zero and without snapshots. Checks: no gap in the
// positions, checksums, parseability, the root of the log at `through` when that is the journal's tail. `progress` is
// called now and then with (replayed, through). The caller's thread and one more do the work; the running engine is not
// disturbed.
struct ReplayResult {
  std::unique_ptr<core::Machine> machine;
  journal::Hash digest{};
  journal::Hash root{};
};
[[nodiscard]] absl::StatusOr<ReplayResult> ReplayFromZero(
    const journal::Journal& journal, std::uint64_t through,
    const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace escrow::engine
