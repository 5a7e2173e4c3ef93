#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "engine/snapshot_feed.h"
#include "journal/journal.h"

namespace escrow::engine {

// What leaves the engine when all it depends on is durable: a submission, or a query's done.
struct Completion {
  std::unique_ptr<Submission> submission;
  std::function<void()> done;
};

// Events that become durable together, what may be answered then, and the snapshots that begin there, which wait for
// the tree. Without events: what depends on groups before.
struct Filling {
  journal::Group group;  // its root comes with the tree
  std::vector<Completion> completions;
  std::vector<std::shared_ptr<SnapshotFeed>> snapshots;

  [[nodiscard]] bool empty() const { return group.ends.empty() && completions.empty() && snapshots.empty(); }
  // Keeps the memory.
  void Clear();
};

// GroupSlot: where the group fills that the committer takes next. It closes when the committer comes for it, so groups
// are as large as syncs are slow, and nobody waits for a timer.
//
// Thread-safe: the sequencer puts, the committer takes.
class GroupSlot {
 public:
  // A group with at least so many events or bytes takes no more. `make_room` is for an engine without threads, where
  // nobody else could take the group while Put waits: it is called instead of waiting, and if it makes no room either,
  // the group grows beyond its bound.
  GroupSlot(std::size_t events_max, std::size_t bytes_max, std::function<void()> make_room = nullptr)
      : events_max_(events_max), bytes_max_(bytes_max), make_room_(std::move(make_room)) {}

  // Joins `staged` to the group and empties it. Its events stay together. Waits while the group is full. REQUIRES:
  // staged is not empty.
  void Put(Filling& staged);

  enum class Taken { kGroup, kNothingYet, kClosed };
  // Takes the group. When there is none, waits for it: at most `wait`, or without end. kClosed when closed and empty.
  [[nodiscard]] Taken Take(Filling& out, std::optional<std::chrono::nanoseconds> wait);

  // Ends Take. REQUIRES: nobody puts any more.
  void Close();

 private:
  [[nodiscard]] bool HasRoom() const;

  const std::size_t events_max_;
  const std::size_t bytes_max_;
  const std::function<void()> make_room_;

  std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable taken_;
  Filling open_;
  bool taker_waits_ = false;
  bool closed_ = false;
};

}  // namespace escrow::engine
