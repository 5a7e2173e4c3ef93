#include "engine/group_slot.h"

#include <iterator>
#include <utility>

#include "base/assert.h"

namespace escrow::engine {
namespace {

// Puts `next` behind `last`.
template <class T>
void Join(std::vector<T>& last, std::vector<T>& next) {
  last.insert(last.end(), std::make_move_iterator(next.begin()), std::make_move_iterator(next.end()));
}

// Puts `next` behind `group`. `next` stays for use again.
void Join(journal::Group& group, journal::Group& next) {
  if (next.ends.empty()) {
    return;
  }
  if (group.ends.empty()) {
    std::swap(group, next);
    return;
  }
  ESCROW_ASSERT(next.first_sequence == group.last_sequence() + 1);
  const auto offset = static_cast<std::uint32_t>(group.bytes.size());
  group.bytes += next.bytes;
  for (const std::uint32_t end : next.ends) {
    group.ends.push_back(offset + end);
  }
}

}  // namespace

void Filling::Clear() {
  group.bytes.clear();
  group.ends.clear();
  completions.clear();
  snapshots.clear();
}

bool GroupSlot::HasRoom() const {
  return open_.group.ends.size() < events_max_ && open_.group.bytes.size() < bytes_max_;
}

void GroupSlot::Put(Filling& staged) {
  ESCROW_ASSERT(!staged.empty());
  bool wake = false;
  {
    std::unique_lock lock(mutex_);
    if (make_room_ && !HasRoom()) {
      lock.unlock();
      make_room_();
      lock.lock();
    } else {
      taken_.wait(lock, [this] { return HasRoom(); });
    }
    Join(open_.group, staged.group);
    Join(open_.completions, staged.completions);
    Join(open_.snapshots, staged.snapshots);
    wake = taker_waits_;
  }
  if (wake) {
    filled_.notify_one();
  }
  staged.Clear();
}

GroupSlot::Taken GroupSlot::Take(Filling& out, std::optional<std::chrono::nanoseconds> wait) {
  out.Clear();
  std::unique_lock lock(mutex_);
  taker_waits_ = true;
  const auto ready = [this] { return !open_.empty() || closed_; };
  if (!wait) {
    filled_.wait(lock, ready);
  } else if (wait->count() > 0) {  // waiting for no time at all would still be a system call
    filled_.wait_for(lock, *wait, ready);
  }
  taker_waits_ = false;
  if (open_.empty()) {
    return closed_ ? Taken::kClosed : Taken::kNothingYet;
  }
  const bool was_full = !HasRoom();
  std::swap(out, open_);
  if (was_full) {
    taken_.notify_one();
  }
  return Taken::kGroup;
}

void GroupSlot::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  filled_.notify_one();
}

}  // namespace escrow::engine
