#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "journal/journal.h"

namespace escrow::ctl {

// What a verification found in order.
struct LogReport {
  journal::Tail end;
  journal::Hash digest{};           // SHA-256 of the state there
  std::vector<std::string> checks;  // one sentence each, in the order of the checks
};

// Verifies the log in `directory` from event 1, without a server and without changing anything: positions, checksums,
// Merkle roots, the anchor (at `anchor_path`, empty: in the directory), a replay of the core, the ledger, each snapshot
// against the replayed state, and every file. Fills `report` as far as it comes. DATA_LOSS names the first bad
// position; NOT_FOUND when there is no log. `progress` gets (events replayed, events).
[[nodiscard]] absl::Status VerifyLog(const std::string& directory, const std::string& anchor_path,
                                     const std::function<void(std::uint64_t, std::uint64_t)>& progress,
                                     LogReport& report);

}  // namespace escrow::ctl
