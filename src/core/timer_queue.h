#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"

namespace escrow::core {

// TimerQueue: the earliest deadline of each agreement of one clock, as a binary heap that knows where each entry is.
//
// Order: by deadline, then by slot, so that the order of expiry does not depend on the history of the heap.
// Threading: not thread-safe. Cost: 16 bytes per waiting agreement; Set is O(log n).
class TimerQueue {
 public:
  struct Entry {
    base::Time deadline;
    std::uint32_t slot = 0;
    friend auto operator<=>(const Entry&, const Entry&) = default;
  };

  // Where an entry is in the heap; kept by the caller for each slot. kNowhere when it is not.
  using Position = std::uint32_t;
  static constexpr Position kNowhere = UINT32_MAX;

  // Sets, moves or (with no deadline) removes the entry of `slot`. `positions` maps slots to positions; this call keeps
  // it.
  void Set(std::uint32_t slot, std::optional<base::Time> deadline, std::vector<Position>& positions);

  // The earliest entry; nothing when empty.
  [[nodiscard]] std::optional<Entry> Top() const;
  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  void Place(std::size_t index, const Entry& entry, std::vector<Position>& positions);
  void SiftUp(std::size_t index, std::vector<Position>& positions);
  void SiftDown(std::size_t index, std::vector<Position>& positions);

  std::vector<Entry> heap_;
};

}  // namespace escrow::core
