#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/time.h"
#include "core/machine.h"
#include "journal/journal.h"

namespace escrow::engine {

// Past: the machine as it was at positions of a log, made beside the running engine, which is not disturbed. Going on
// from one position to a later one costs the events between them; going back costs those since the newest snapshot
// before, or since the first event: snapshots are few and young.
//
// Threading: one thread at a time. Ownership: borrows the journal. Limits: memory is that of a second state.
class Past {
 public:
  explicit Past(const journal::Journal& journal) : journal_(journal) {}

  // Makes machine() that of `sequence`. `stop` is asked now and then. Errors: CANCELLED when it says so, and the
  // journal's; what was replayed until then is kept, so that the next attempt goes on from there. REQUIRES: 1 <=
  // sequence <= the journal's tail.
  [[nodiscard]] absl::Status MoveTo(std::uint64_t sequence, const std::function<bool()>& stop);

  // REQUIRES: MoveTo was called, and the last time with success.
  [[nodiscard]] const core::Machine& machine() const { return *machine_; }

  // Gives the memory back.
  void Forget() { machine_.reset(); }

 private:
  // A machine from which the way to `sequence` is shortest.
  void Begin(std::uint64_t sequence);

  const journal::Journal& journal_;
  std::unique_ptr<core::Machine> machine_;  // null: none yet
};

// The last event at or before a time of the log's clock; 0 when there is none.
[[nodiscard]] absl::StatusOr<std::uint64_t> LastEventUntil(const journal::Journal& journal, base::Time time);

}  // namespace escrow::engine
