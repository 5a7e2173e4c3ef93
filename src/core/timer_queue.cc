#include "core/timer_queue.h"

#include "base/assert.h"

namespace escrow::core {

void TimerQueue::Set(std::uint32_t slot, std::optional<base::Time> deadline, std::vector<Position>& positions) {
  ESCROW_ASSERT(slot < positions.size());
  const Position position = positions[slot];
  if (position == kNowhere) {
    if (deadline) {
      heap_.push_back({*deadline, slot});
      SiftUp(heap_.size() - 1, positions);
    }
    return;
  }
  ESCROW_ASSERT(position < heap_.size());
  ESCROW_ASSERT(heap_[position].slot == slot);
  if (deadline && heap_[position].deadline == *deadline) {
    return;
  }
  if (deadline) {
    heap_[position].deadline = *deadline;
    SiftUp(position, positions);
    SiftDown(positions[slot], positions);
    return;
  }
  positions[slot] = kNowhere;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (last.slot != slot) {
    Place(position, last, positions);
    SiftUp(position, positions);
    SiftDown(positions[last.slot], positions);
  }
}

std::optional<TimerQueue::Entry> TimerQueue::Top() const {
  return heap_.empty() ? std::nullopt : std::optional(heap_.front());
}

void TimerQueue::Place(std::size_t index, const Entry& entry, std::vector<Position>& positions) {
  heap_[index] = entry;
  positions[entry.slot] = static_cast<Position>(index);
}

void TimerQueue::SiftUp(std::size_t index, std::vector<Position>& positions) {
  const Entry entry = heap_[index];
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (heap_[parent] <= entry) {
      break;
    }
    Place(index, heap_[parent], positions);
    index = parent;
  }
  Place(index, entry, positions);
}

void TimerQueue::SiftDown(std::size_t index, std::vector<Position>& positions) {
  const Entry entry = heap_[index];
  for (;;) {
    std::size_t child = 2 * index + 1;
    if (child >= heap_.size()) {
      break;
    }
    if (child + 1 < heap_.size() && heap_[child + 1] < heap_[child]) {
      ++child;
    }
    if (entry <= heap_[child]) {
      break;
    }
    Place(index, heap_[child], positions);
    index = child;
  }
  Place(index, entry, positions);
}

}  // namespace escrow::core
