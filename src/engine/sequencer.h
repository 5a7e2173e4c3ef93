#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "core/machine.h"
#include "engine/disk_guard.h"
#include "engine/engine.h"
#include "engine/group_slot.h"
#include "engine/inbox.h"
#include "engine/responder.h"
#include "engine/snapshotter.h"
#include "engine/stage.h"
#include "engine/thread_core.h"

namespace escrow::engine {

// Sequencer: the single place where time and order enter the system.
//
// Threading: Step is for the sequencer's thread, which alone touches the machine; applied_sequence from any thread.
// Borrows everything. Guarantees: log time strictly increases from call to call, whatever the clock does; the events of
// one command, or of one atomic batch, stay in one group; timers that are due expire between two commands, at most
// expire_max at a time, so that neither waits for the other; completions leave in the order of their work.
class Sequencer {
 public:
  struct Parts {
    const EngineOptions& options;
    const base::Clock& clock;
    core::Machine& machine;
    Inbox& inbox;
    GroupSlot& slot;
    Responder& responder;
    Snapshotter& snapshotter;
    const DiskGuard& disk;
  };

  explicit Sequencer(const Parts& parts);

  // Executes what is in the inbox and expires what is due. Ends when the inbox is closed and empty.
  [[nodiscard]] Stepped Step(Wait wait);

  [[nodiscard]] std::uint64_t applied_sequence() const { return applied_.load(std::memory_order_acquire); }

  // A snapshot of the present state, all at once, for the snapshotter; it lacks its tree. REQUIRES: the stage has
  // ended.
  [[nodiscard]] std::shared_ptr<SnapshotFeed> MakeSnapshot();

 private:
  // How long to wait for work: at most until a timer may be due.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> WaitMax(Wait wait) const;
  void Do(std::unique_ptr<Submission> submission);
  void Do(QueryWork query);
  void Do(SnapshotWork order);

  void ExecuteEach(Submission& submission);
  void ExecuteAtomic(Submission& submission);
  // Gives the events of one request to its submission.
  void GiveEvents(Submission& submission, std::size_t index, bool logged) const;
  [[nodiscard]] bool TimersAreDue() const;
  void ExpireDue();
  void LogEvents(std::uint64_t last_before);
  void Complete(Completion completion);
  void PublishIfLarge();
  void Publish();
  // Begins a snapshot when one is due or was ordered, and goes on with the one under way.
  void SnapshotIfDue();
  [[nodiscard]] bool SnapshotIsDue() const;
  // Begins one; the rest of it comes from the machine's ContinueSave.
  [[nodiscard]] std::shared_ptr<SnapshotFeed> BeginSnapshot(std::function<void(const absl::Status&)> done);
  void ContinueSnapshot();

  // A time for the next call of the machine.
  [[nodiscard]] base::Time Stamp();
  // The present time, never before the last stamp.
  [[nodiscard]] base::Time Now() const;

  Parts parts_;
  ThreadCore core_;
  base::Time last_stamp_;
  std::vector<Work> taken_;
  core::EventBuffer events_;
  Filling staged_;                        // made here, not yet in the slot
  std::uint64_t attached_ = 0;            // completions that went through groups
  std::uint64_t last_snapshot_;           // position of the newest snapshot made or being made
  std::shared_ptr<SnapshotFeed> saving_;  // the snapshot being made
  std::uint64_t saved_until_ = 0;         // events up to here have paid for their share of it
  std::vector<std::function<void(absl::Status)>> snapshot_orders_;  // not begun yet
  std::atomic<std::uint64_t> applied_;
};

}  // namespace escrow::engine
