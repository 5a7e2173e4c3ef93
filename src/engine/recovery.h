#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "core/machine.h"
#include "engine/snapshot_series.h"
#include "journal/journal.h"
#include "tlog/merkle.h"

namespace escrow::engine {

// The state at the journal's tail.
struct Recovered {
  std::unique_ptr<core::Machine> machine;
  tlog::CompactRange tree;
  SnapshotSeries snapshots;  // which ends with the one that was loaded; empty without one
};

// Rebuilds the state: from the newest snapshot that is what it says, else from one before, else from zero, and from
// there by replay. An empty journal gets its first event, durably. A damaged snapshot is told on stderr: nothing is
// lost with it.
[[nodiscard]] absl::StatusOr<Recovered> Recover(journal::Journal& journal, const base::Clock& clock,
                                                const core::MachineOptions& options,
                                                const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace escrow::engine
