#include "engine/disk_guard.h"

#include <string>

#include "engine/fail_stop.h"

namespace escrow::engine {
namespace {

constexpr std::int64_t kPauseNs = base::kNsPerSecond;

}  // namespace

DiskGuard::DiskGuard(const journal::Journal& journal, const base::Clock& steady, std::uint64_t free_bytes_min)
    : journal_(journal), steady_(steady), free_bytes_min_(free_bytes_min), next_check_ns_(steady.Now().ns + kPauseNs) {
  Ask();
}

void DiskGuard::Check() {
  const std::int64_t now = steady_.Now().ns;
  std::int64_t next = next_check_ns_.load(std::memory_order_relaxed);
  // Of all who come at once, one asks.
  if (now >= next && next_check_ns_.compare_exchange_strong(next, now + kPauseNs)) {
    Ask();
  }
}

void DiskGuard::Ask() {
  const absl::StatusOr<std::uint64_t> free_bytes = journal_.FreeBytes();
  // A disk that cannot be asked is not one to write to.
  const bool has_room = free_bytes.ok() && *free_bytes >= free_bytes_min_;
  if (has_room_.exchange(has_room) != has_room) {
    Warn(has_room ? "the log's disk has room again: writes are accepted"
         : free_bytes.ok()
             ? "the log's disk is almost full: writes are refused"
             : "the log's disk cannot be asked for room: writes are refused: " + free_bytes.status().ToString());
  }
}

}  // namespace escrow::engine
