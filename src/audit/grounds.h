#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "audit/clock_time.h"
#include "audit/complaint.h"
#include "escrow/v1/event.pb.h"

// What an event rests on, as the events before it show: which confirmations justify a release, and by which timer a
// confirmation counts as given. Pure.
namespace escrow::audit {

// By which timer a confirmation counts as given: start + duration = deadline.
struct Deeming {
  std::uint64_t start_sequence = 0;  // of the event that started it; 0: the deadline was agreed as a fixed time
  Nanos start = 0;
  std::int64_t duration_seconds = 0;
  Nanos deadline = 0;
};

// A confirmation that an event rests on.
struct Ground {
  std::uint64_t sequence = 0;
  std::optional<v1::Event> event;  // nothing when the history was cut before it
  std::optional<Deeming> deeming;  // of one that was deemed, when the history is whole
};

// Fills the confirmations that `event` rests on: those that a release names; itself, when it is one. `history`: the
// events before it, newest first, each named by the one after it; `whole`: up to the agreement's first. Wrong: the
// history does not begin with the agreement's creation; a confirmation is not there, or is none of this milestone; a
// timer was not agreed, or had not expired.
[[nodiscard]] Complaint FindGrounds(const v1::Event& event, const std::vector<v1::Event>& history, bool whole,
                                    std::vector<Ground>& grounds);

}  // namespace escrow::audit
