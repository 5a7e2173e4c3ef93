#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "journal/journal.h"

namespace escrow::journal {

// MemoryJournal: a journal without a disk, for tests and simulation. It outlives the engines that run on it, as a disk
// does: a restart is a new engine on the same journal.
//
// Thread-safe as Journal asks.
class MemoryJournal final : public Journal {
 public:
  MemoryJournal();

  [[nodiscard]] absl::Status Append(const Group& group) override;
  [[nodiscard]] absl::Status Read(std::uint64_t first, const Visitor& visit) const override;
  [[nodiscard]] absl::Status Replay(std::uint64_t first, const Visitor& event,
                                    const GroupVisitor& group_end) const override;
  [[nodiscard]] absl::StatusOr<std::string> ReadOne(std::uint64_t sequence) const override;
  [[nodiscard]] Tail tail() const override;
  [[nodiscard]] absl::Status WriteSnapshot(SnapshotSource& source) override;
  [[nodiscard]] std::vector<SnapshotInfo> Snapshots() const override;
  [[nodiscard]] absl::StatusOr<std::string> ReadSnapshot(std::uint64_t sequence) const override;
  // Nothing to guard: memory does not come back older.
  [[nodiscard]] absl::Status WriteAnchor() override;
  // As much as a program may ever ask for.
  [[nodiscard]] absl::StatusOr<std::uint64_t> FreeBytes() const override;

 private:
  // Descriptions of the snapshots, the newest first. Under the mutex.
  [[nodiscard]] std::vector<SnapshotInfo> Infos() const;

  struct Snapshot {
    SnapshotInfo info;
    std::string bytes;
  };

  // One event, or nothing when `sequence` lies beyond the tail.
  [[nodiscard]] bool Get(std::uint64_t sequence, std::string& bytes) const;

  mutable std::mutex mutex_;
  std::vector<std::string> events_;      // event s is at s - 1
  std::map<std::uint64_t, Hash> roots_;  // by the last event of a group
  Tail tail_;
  std::map<std::uint64_t, Snapshot, std::greater<>> snapshots_;  // the newest first
};

}  // namespace escrow::journal
