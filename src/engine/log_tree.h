#pragma once

#include <memory>
#include <span>

#include "engine/snapshot_feed.h"
#include "journal/journal.h"
#include "tlog/merkle.h"

namespace escrow::engine {

// LogTree: the Merkle tree over all events of the log, which grows by a group at a time.
//
// WHY here and not where events are made: the sequencer is what everybody waits for, and hashing was a seventh of its
// time; the committer, whose tree this is, has time left (docs/PERFORMANCE.md, 40).
//
// Threading: not thread-safe; the committer's thread owns it.
class LogTree {
 public:
  // Goes on from `tree`, that of all events so far.
  explicit LogTree(tlog::CompactRange tree) : tree_(std::move(tree)) {}

  // Grows by the events of `group`, if it has any, and gives it its root. Each of `snapshots` gets the tree as it is at
  // its position. REQUIRES: the group is the next of the log; the positions are in order, and none is before the group
  // or behind it.
  void Add(journal::Group& group, std::span<const std::shared_ptr<SnapshotFeed>> snapshots);

  [[nodiscard]] const tlog::CompactRange& tree() const { return tree_; }

 private:
  tlog::TreeHasher hasher_;
  tlog::CompactRange tree_;
};

}  // namespace escrow::engine
