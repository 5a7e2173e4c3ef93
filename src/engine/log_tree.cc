#include "engine/log_tree.h"

#include "base/assert.h"
#include "base/mutant.h"

namespace escrow::engine {

void LogTree::Add(journal::Group& group, std::span<const std::shared_ptr<SnapshotFeed>> snapshots) {
  const auto tell_snapshots = [&] {
    while (!snapshots.empty() && snapshots.front()->info.sequence == tree_.size()) {
      snapshots.front()->SetTree(tree_);
      snapshots = snapshots.subspan(1);
    }
  };
  const std::size_t count = group.ends.size();
  ESCROW_ASSERT(count == 0 || group.first_sequence == tree_.size() + 1);
  const std::size_t rooted = ESCROW_MUTANT(RootOfHalfAGroup) ? (count + 1) / 2 : count;
  tell_snapshots();
  for (std::size_t i = 0; i < count; ++i) {
    tree_.Append(hasher_.Leaf(group.event(i)), hasher_);
    if (i + 1 == rooted) {
      group.root = tree_.Root(hasher_);
    }
    tell_snapshots();
  }
  ESCROW_ASSERT(snapshots.empty());
}

}  // namespace escrow::engine
