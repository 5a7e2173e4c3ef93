#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/machine.h"
#include "journal/journal.h"
#include "tlog/merkle.h"

namespace escrow::engine {

// SnapshotSeries: a whole snapshot and the snapshots of changes that follow it. To load the last is to load all. It
// would be long and large if it went on for ever, so that a new one begins now and then.
struct SnapshotSeries {
  std::uint64_t sequence = 0;  // position of the last snapshot; 0 when there is none
  journal::Hash digest{};      // of the last snapshot
  std::uint64_t whole_bytes = 0;
  std::uint64_t changes_bytes = 0;  // of all that follow the whole one
  std::uint64_t changes_count = 0;

  // What the next snapshot should be.
  [[nodiscard]] core::SaveExtent Next() const;
  // Goes on with a snapshot, or begins anew when that is whole. REQUIRES: else it follows the last.
  void Add(const journal::SnapshotInfo& info, std::uint64_t bytes);
};

// The state of a snapshot, loaded.
struct LoadedSnapshot {
  std::unique_ptr<core::Machine> machine;
  tlog::CompactRange tree;  // of the events up to it
  SnapshotSeries series;    // which ends with it
};

// Loads snapshots from a journal. Every claim of theirs is checked.
//
// Threading: one thread at a time. Ownership: borrows the journal.
class SnapshotLoader {
 public:
  SnapshotLoader(const journal::Journal& journal, const core::MachineOptions& options);

  // Those that there were when this was made, the newest first.
  [[nodiscard]] const std::vector<journal::SnapshotInfo>& snapshots() const { return snapshots_; }
  // DATA_LOSS when it, or one that it builds on, is not what it says, and what the journal says of reading it. One that
  // was found wrong is not read again.
  [[nodiscard]] absl::StatusOr<LoadedSnapshot> Load(const journal::SnapshotInfo& info);

 private:
  // The snapshots that this one builds on, and itself, the whole one first.
  [[nodiscard]] absl::StatusOr<std::vector<journal::SnapshotInfo>> SeriesOf(const journal::SnapshotInfo& info) const;
  // Their bytes.
  [[nodiscard]] absl::StatusOr<std::vector<std::string>> ReadAll(const std::vector<journal::SnapshotInfo>& series);
  // OK when the bytes have the digests.
  [[nodiscard]] absl::Status CheckDigests(const std::vector<journal::SnapshotInfo>& series,
                                          const std::vector<std::string>& saves);

  const journal::Journal& journal_;
  const core::MachineOptions options_;
  const std::vector<journal::SnapshotInfo> snapshots_;
  std::set<std::uint64_t> wrong_;  // positions of those that were found wrong
};

}  // namespace escrow::engine
