#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "journal/journal.h"
#include "sim/marks.h"
#include "sim/random.h"

namespace escrow::sim {

// How often the disk fails, in one of so many calls; 0: never.
struct DiskFaults {
  int append_one_in = 0;
  int anchor_one_in = 0;
  int snapshot_one_in = 0;
  int read_one_in = 0;  // of openings
};

// SimJournal: a log on a disk that fails on purpose. It is both the disk, which outlives engines, and the journal on
// it: Crash is what a loss of power does, Open what a journal finds then.
//
// What fails, and what is left of it:
//   append     the call fails and nobody knows: the group is there after a crash, or not, or a part of it is, which
//              Open drops (a group is durable as one). Until then the journal takes nothing more.
//   anchor     the call fails; the old anchor stays
//   snapshot   the call fails; or it succeeds and the snapshot is gone or damaged when it is read
//   reading    after an opening, an event cannot be read: DATA_LOSS, until the disk is repaired
//
// Threading: none.
class SimJournal final : public journal::Journal {
 public:
  SimJournal(Random& random, Marks& marks);

  void SetFaults(const DiskFaults& faults) { faults_ = faults; }
  void SetFreeBytes(std::uint64_t bytes) { free_bytes_ = bytes; }
  [[nodiscard]] std::uint64_t free_bytes() const { return free_bytes_; }

  // Power goes and comes back. The engine that ran on it must be gone.
  void Crash();
  // Whether a call has failed since the last Crash, so that an engine has a reason to stop.
  [[nodiscard]] bool failed() const { return failed_; }
  // Whether an event cannot be read now.
  [[nodiscard]] bool damaged() const { return damaged_sequence_ != 0; }
  [[nodiscard]] std::uint64_t damaged_sequence() const { return damaged_sequence_; }  // 0: none
  void Repair() { damaged_sequence_ = 0; }

  // A durable event. REQUIRES: 1 <= sequence <= tail().sequence.
  [[nodiscard]] const std::string& event(std::uint64_t sequence) const { return events_[sequence - 1]; }

  // As journal::Journal says.
  [[nodiscard]] absl::Status Append(const journal::Group& group) override;
  [[nodiscard]] absl::Status Read(std::uint64_t first, const Visitor& visit) const override;
  [[nodiscard]] absl::Status Replay(std::uint64_t first, const Visitor& event,
                                    const GroupVisitor& group_end) const override;
  [[nodiscard]] absl::StatusOr<std::string> ReadOne(std::uint64_t sequence) const override;
  [[nodiscard]] journal::Tail tail() const override { return tail_; }
  [[nodiscard]] absl::Status WriteSnapshot(journal::SnapshotSource& source) override;
  [[nodiscard]] std::vector<journal::SnapshotInfo> Snapshots() const override;
  [[nodiscard]] absl::StatusOr<std::string> ReadSnapshot(std::uint64_t sequence) const override;
  [[nodiscard]] absl::Status WriteAnchor() override;
  [[nodiscard]] absl::StatusOr<std::uint64_t> FreeBytes() const override { return free_bytes_; }

 private:
  struct Snapshot {
    journal::SnapshotInfo info;
    std::string bytes;
    bool synced = true;  // otherwise the next crash takes it
  };

  [[nodiscard]] bool Fails(int one_in) { return one_in > 0 && random_.OneIn(one_in); }
  void Keep(const journal::Group& group);

  Random& random_;
  Marks& marks_;
  DiskFaults faults_;
  std::vector<std::string> events_;               // durable; event s is at s - 1
  std::map<std::uint64_t, journal::Hash> roots_;  // by the last event of a group
  journal::Tail tail_;
  std::map<std::uint64_t, Snapshot, std::greater<>> snapshots_;  // the newest first
  journal::Tail anchor_;
  std::uint64_t free_bytes_ = UINT64_MAX;
  std::uint64_t damaged_sequence_ = 0;
  std::optional<journal::Group> unknown_;  // a group whose append failed
  bool failed_ = false;
};

}  // namespace escrow::sim
