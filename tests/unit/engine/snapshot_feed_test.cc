#include "engine/snapshot_feed.h"

#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace escrow::engine {
namespace {

constexpr std::size_t kBytes = (3 << 20) + 17;

std::string Bytes() {
  std::string bytes(kBytes, '\0');
  for (std::size_t i = 0; i < kBytes; ++i) {
    bytes[i] = static_cast<char>(i * 131 >> 3U);
  }
  return bytes;
}

// Some tree of the seven events before the snapshot: three perfect trees.
tlog::CompactRange SomeTree() { return *tlog::CompactRange::FromEdge(7, std::vector<tlog::Hash>(3)); }

std::string ReadAll(SnapshotFeed& feed) {
  std::string all;
  for (std::string_view piece = feed.Next(); !piece.empty(); piece = feed.Next()) {
    all.append(piece);
  }
  return all;
}

void AppendInParts(SnapshotFeed& feed, const std::string& bytes, std::size_t part) {
  for (std::size_t at = 0; at < bytes.size(); at += part) {
    feed.Append(std::string_view(bytes).substr(at, part));
  }
  feed.End();
}

TEST(SnapshotFeedTest, GivesWhatItGotInWhateverParts) {
  const std::string bytes = Bytes();
  for (const std::size_t part : {std::size_t{1} << 20U, std::size_t{1'000}, std::size_t{2 << 20}, kBytes}) {
    SnapshotFeed feed({.sequence = 7}, [](const absl::Status&) {});
    AppendInParts(feed, bytes, part);
    feed.SetTree(SomeTree());
    EXPECT_TRUE(feed.complete());
    EXPECT_TRUE(ReadAll(feed) == bytes) << part;
  }
}

TEST(SnapshotFeedTest, IsReadWhileItIsMade) {
  const std::string bytes = Bytes();
  SnapshotFeed feed({.sequence = 7}, [](const absl::Status&) {});
  std::thread maker([&] { AppendInParts(feed, bytes, 777); });
  EXPECT_TRUE(ReadAll(feed) == bytes);
  maker.join();
}

TEST(SnapshotFeedTest, NothingIsAnEndToo) {
  SnapshotFeed feed({.sequence = 7}, [](const absl::Status&) {});
  feed.End();
  EXPECT_EQ(feed.Next(), "");
}

TEST(SnapshotFeedTest, IsCompleteWithBothItsEndAndItsTree) {
  for (const bool end_first : {true, false}) {
    SnapshotFeed feed({.sequence = 7}, [](const absl::Status&) {});
    EXPECT_FALSE(feed.complete());
    end_first ? feed.End() : feed.SetTree(SomeTree());
    EXPECT_FALSE(feed.complete());
    end_first ? feed.SetTree(SomeTree()) : feed.End();
    EXPECT_TRUE(feed.complete());
  }
}

TEST(SnapshotFeedTest, ItsTreeIsWaitedFor) {
  SnapshotFeed feed({.sequence = 7}, [](const absl::Status&) {});
  std::thread committer([&] { feed.SetTree(SomeTree()); });
  const tlog::CompactRange tree = feed.WaitTree();
  EXPECT_EQ(tree.size(), 7U);
  EXPECT_EQ(tree.edge(), SomeTree().edge());
  committer.join();
}

TEST(SnapshotFeedTest, WhatComesAfterItIsAbandonedIsDropped) {
  SnapshotFeed feed({.sequence = 7}, [](const absl::Status&) {});
  const std::string bytes = Bytes();
  feed.Append(bytes);
  EXPECT_FALSE(feed.Next().empty());
  feed.Abandon();
  AppendInParts(feed, bytes, 1'000);
  feed.SetTree(SomeTree());
  EXPECT_TRUE(feed.complete());
}

}  // namespace
}  // namespace escrow::engine
