#pragma once

#include <chrono>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "engine/disk_guard.h"
#include "engine/group_slot.h"
#include "engine/inbox.h"
#include "engine/log_tree.h"
#include "engine/responder.h"
#include "engine/stage.h"
#include "journal/journal.h"

namespace escrow::engine {

// Committer: hashes groups into the tree, makes them durable, one after the other, and hands what depends on them to
// the responder. While it syncs one, the next fills.
//
// Threading: Step is for the committer's thread. Borrows everything. After a failed append it must not be stepped
// again: the outcome is unknown, so neither "done" nor "not done" may be told to anybody (design.md §4).
class Committer {
 public:
  // `tree` is that of all events of the journal; `steady` paces the anchor.
  Committer(journal::Journal& journal, tlog::CompactRange tree, const base::Clock& steady, Inbox& inbox,
            GroupSlot& slot, Responder& responder, DiskGuard& disk);

  // Commits the group that has filled. Ends when the slot is closed and empty.
  [[nodiscard]] absl::StatusOr<Stepped> Step(Wait wait);

  // The tree over all events. REQUIRES: the stage has ended.
  [[nodiscard]] const tlog::CompactRange& tree() const { return tree_.tree(); }

 private:
  [[nodiscard]] std::optional<std::chrono::nanoseconds> WaitMax(Wait wait) const;
  [[nodiscard]] absl::Status Commit(const journal::Group& group);
  [[nodiscard]] bool AnchorIsDue() const;
  [[nodiscard]] absl::Status WriteAnchor();

  journal::Journal& journal_;
  LogTree tree_;
  const base::Clock& steady_;
  Inbox& inbox_;
  GroupSlot& slot_;
  Responder& responder_;
  DiskGuard& disk_;
  journal::Tail durable_;
  std::uint64_t anchored_;  // position that the anchor remembers
  base::Time next_anchor_;
  Filling filling_;  // kept for its memory
};

}  // namespace escrow::engine
