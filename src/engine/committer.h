#pragma once

#include <chrono>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "engine/disk_guard.h"
#include "engine/group_slot.h"
#include "engine/inbox.h"
#include "engine/responder.h"
#include "engine/stage.h"
#include "journal/journal.h"

namespace escrow::engine {

// Committer: makes groups durable, one after the other, and hands what depends on them to the responder. While it syncs
// one, the next fills.
//
// Threading: Step is for the committer's thread. Borrows everything. After a failed append it must not be stepped
// again: the outcome is unknown, so neither "done" nor "not done" may be told to anybody (design.md §4).
class Committer {
 public:
  // `steady` paces the anchor.
  Committer(journal::Journal& journal, const base::Clock& steady, Inbox& inbox, GroupSlot& slot, Responder& responder,
            DiskGuard& disk);

  // Commits the group that has filled. Ends when the slot is closed and empty.
  [[nodiscard]] absl::StatusOr<Stepped> Step(Wait wait);

 private:
  [[nodiscard]] std::optional<std::chrono::nanoseconds> WaitMax(Wait wait) const;
  [[nodiscard]] absl::Status Commit(const journal::Group& group);
  [[nodiscard]] bool AnchorIsDue() const;
  [[nodiscard]] absl::Status WriteAnchor();

  journal::Journal& journal_;
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
