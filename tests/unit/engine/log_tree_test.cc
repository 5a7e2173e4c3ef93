#include "engine/log_tree.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

// Goal: the root of a group is that of all events up to its last, and a snapshot gets the tree of its own position,
// wherever the groups end.
namespace escrow::engine {
namespace {

std::string EventAt(std::uint64_t sequence) { return "event " + std::to_string(sequence); }

// The tree of the definition: over the first `size` events, one by one.
tlog::CompactRange TreeOf(std::uint64_t size) {
  tlog::TreeHasher hasher;
  tlog::CompactRange tree;
  while (tree.size() < size) {
    tree.Append(hasher.Leaf(EventAt(tree.size() + 1)), hasher);
  }
  return tree;
}

tlog::Hash RootOf(std::uint64_t size) {
  tlog::TreeHasher hasher;
  return TreeOf(size).Root(hasher);
}

journal::Group Events(std::uint64_t first, std::uint64_t last) {
  journal::Group group{.first_sequence = first, .bytes = {}, .ends = {}};
  for (std::uint64_t sequence = first; sequence <= last; ++sequence) {
    group.bytes += EventAt(sequence);
    group.ends.push_back(static_cast<std::uint32_t>(group.bytes.size()));
  }
  return group;
}

std::vector<std::shared_ptr<SnapshotFeed>> SnapshotsAt(const std::vector<std::uint64_t>& positions) {
  std::vector<std::shared_ptr<SnapshotFeed>> snapshots;
  for (const std::uint64_t position : positions) {
    snapshots.push_back(
        std::make_shared<SnapshotFeed>(journal::SnapshotInfo{.sequence = position}, [](const absl::Status&) {}));
  }
  return snapshots;
}

TEST(LogTreeTest, AGroupHasTheRootOfAllEventsUpToItsLast) {
  LogTree tree{tlog::CompactRange()};
  std::uint64_t last = 0;
  for (const std::uint64_t count : {1U, 1U, 2U, 5U, 3U, 40U, 1U}) {
    journal::Group group = Events(last + 1, last + count);
    tree.Add(group, {});
    last += count;
    EXPECT_EQ(group.root, RootOf(last)) << last;
    EXPECT_EQ(tree.tree().size(), last);
  }
}

TEST(LogTreeTest, ASnapshotHasTheTreeOfItsPosition) {
  for (std::uint64_t position = 4; position <= 9; ++position) {  // before the group, within it, at its end
    LogTree tree(TreeOf(4));
    journal::Group group = Events(5, 9);
    const auto snapshots = SnapshotsAt({position, position, 9});
    tree.Add(group, snapshots);
    EXPECT_EQ(group.root, RootOf(9));
    for (const auto& snapshot : snapshots) {
      EXPECT_EQ(snapshot->WaitTree().edge(), TreeOf(snapshot->info.sequence).edge());
    }
  }
}

TEST(LogTreeTest, ASnapshotComesWithoutAGroupToo) {
  LogTree tree(TreeOf(4));
  journal::Group none;
  const auto snapshots = SnapshotsAt({4});
  tree.Add(none, snapshots);
  EXPECT_EQ(snapshots[0]->WaitTree().edge(), TreeOf(4).edge());
}

TEST(LogTreeDeathTest, ASnapshotElsewhereIsAnError) {
  LogTree tree(TreeOf(4));
  journal::Group group = Events(5, 9);
  EXPECT_DEATH(tree.Add(group, SnapshotsAt({10})), "snapshots.empty");
  EXPECT_DEATH(tree.Add(group, SnapshotsAt({3})), "snapshots.empty");
}

TEST(LogTreeDeathTest, AGroupThatIsNotTheNextIsAnError) {
  LogTree tree(TreeOf(4));
  journal::Group group = Events(6, 9);
  EXPECT_DEATH(tree.Add(group, {}), "first_sequence");
}

}  // namespace
}  // namespace escrow::engine
