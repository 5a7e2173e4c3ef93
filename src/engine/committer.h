#pragma once

#include <chrono>

#include "engine/disk_guard.h"
#include "engine/group_slot.h"
#include "engine/responder.h"
#include "journal/journal.h"

namespace escrow::engine {

// Committer: makes groups durable, one after the other, and hands what depends on them to the responder. While it syncs
// one, the next fills.
//
// Threading: Run is the committer's thread. Borrows everything. A failed append stops the process: its outcome is
// unknown, so neither "done" nor "not done" may be told to anybody (design.md §4).
class Committer {
 public:
  Committer(journal::Journal& journal, GroupSlot& slot, Responder& responder, DiskGuard& disk);

  // The thread's work, until the slot is closed and empty.
  void Run();

 private:
  void Commit(const journal::Group& group);
  void WriteAnchorIfDue();

  journal::Journal& journal_;
  GroupSlot& slot_;
  Responder& responder_;
  DiskGuard& disk_;
  journal::Tail durable_;
  std::uint64_t anchored_;  // position that the anchor remembers
  std::chrono::steady_clock::time_point next_anchor_;
};

}  // namespace escrow::engine
