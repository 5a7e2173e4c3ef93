#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "journal/journal.h"

namespace escrow::engine {

// DiskGuard: stops admission before the log runs out of room, and lets it go on when there is room again.
//
// Thread-safe. Asks the file system at most once a second. Borrows the journal and the clock, a steady one.
class DiskGuard {
 public:
  DiskGuard(const journal::Journal& journal, const base::Clock& steady, std::uint64_t free_bytes_min);

  // Whether there was room when last asked.
  [[nodiscard]] bool has_room() const { return has_room_.load(std::memory_order_relaxed); }

  // Asks again if the last time was a second ago. The committer calls it after each group; who is refused calls it,
  // too, because a log without room has no groups.
  void Check();

 private:
  void Ask();

  const journal::Journal& journal_;
  const base::Clock& steady_;
  const std::uint64_t free_bytes_min_;
  std::atomic<std::int64_t> next_check_ns_;
  std::atomic<bool> has_room_ = true;
};

}  // namespace escrow::engine
