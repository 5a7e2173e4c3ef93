#include "tlog/tile.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "support/memory_tree.h"

namespace escrow::tlog {
namespace {

constexpr Tile::Kind kHashes = Tile::Kind::kHashes;
constexpr Tile::Kind kEntries = Tile::Kind::kEntries;

TEST(TileTest, Paths) {
  const std::pair<Tile, std::string> paths[] = {
      {{kHashes, 0, 0, 256}, "tile/0/000"},
      {{kHashes, 0, 1'234'067, 256}, "tile/0/x001/x234/067"},  // the example of the standard
      {{kHashes, 1, 999, 17}, "tile/1/999.p/17"},
      {{kHashes, 7, 1'000, 1}, "tile/7/x001/000.p/1"},
      {{kHashes, 63, 1'000'000, 255}, "tile/63/x001/x000/000.p/255"},
      {{kEntries, 0, 0, 256}, "tile/entries/000"},
      {{kEntries, 0, 273, 112}, "tile/entries/273.p/112"},
      {{kHashes, 0, (std::uint64_t{1} << 55) - 1, 255}, "tile/0/x036/x028/x797/x018/x963/967.p/255"},
  };
  for (const auto& [tile, path] : paths) {
    EXPECT_EQ(FormatTilePath(tile), path);
    const auto parsed = ParseTilePath(path);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, tile) << path;
  }
}

TEST(TileTest, RefusesPathsOfNoTile) {
  const char* kLevel = "its level is neither 0 to 63 nor entries";
  const char* kWidth = "its width is not 1 to 255";
  const char* kIndex = "its index is not in groups of three digits, all but the last with an x";
  const char* kStart = "it does not begin with tile/";
  const std::pair<std::string, const char*> paths[] = {
      {"", kStart},
      {"/tile/0/000", kStart},
      {"Tile/0/000", kStart},
      {"tile/", kLevel},
      {"tile/64/000", kLevel},
      {"tile/00/000", kLevel},
      {"tile/01/000", kLevel},
      {"tile/-1/000", kLevel},
      {"tile/entry/000", kLevel},
      {"tile/data/000", kLevel},
      {"tile//000", kLevel},
      {"tile/18446744073709551616/000", kLevel},
      {"tile/0", kIndex},
      {"tile/0/", kIndex},
      {"tile/0/0", kIndex},
      {"tile/0/00", kIndex},
      {"tile/0/0000", kIndex},
      {"tile/0/x000", kIndex},
      {"tile/0/x000/001", kIndex},
      {"tile/0/x000/x001/000", kIndex},
      {"tile/0/001/000", kIndex},
      {"tile/0/x01/000", kIndex},
      {"tile/0/X001/000", kIndex},
      {"tile/0/x001/", kIndex},
      {"tile/0/x001/x000", kIndex},
      {"tile/0/x001//000", kIndex},
      {"tile/0/000/", kIndex},
      {"tile/0/../000", kIndex},
      {"tile/0/ 00", kIndex},
      {"tile/0/+01", kIndex},
      {std::string("tile/0/000\0", 11), kIndex},
      {"tile/0/x999/x999/x999/x999/x999/x999/999", kIndex},
      {"tile/0/.p/1", kIndex},
      {"tile/0/000.p1", kIndex},
      {"tile/0/000.p", kIndex},
      {"tile/0/000.p/", kWidth},
      {"tile/0/000.p/0", kWidth},
      {"tile/0/000.p/01", kWidth},
      {"tile/0/000.p/256", kWidth},
      {"tile/0/000.p/1.p/1", kWidth},
      {"tile/0/000.p/1/", kWidth},
      {"tile/0/000.p/-1", kWidth},
      {"tile/0/000.P/1", kIndex},
  };
  for (const auto& [path, reason] : paths) {
    const auto parsed = ParseTilePath(path);
    ASSERT_FALSE(parsed.ok()) << path;
    EXPECT_NE(std::string(parsed.status().message()).find(reason), std::string::npos) << parsed.status();
  }
}

// The example of the standard, 70,000 leaves: 273 full tiles (69,888 leaves) and 112 leaves; 273 hashes are a full tile
// and 17; one hash of the second level. And 256 leaves: a full tile, and its hash alone in the level above.
TEST(TileTest, TilesOfATree) {
  struct Case {
    std::uint64_t size;
    std::uint32_t level;
    std::uint64_t tiles;
    std::uint32_t last_width;
  };
  for (const Case& c : {Case{70'000, 0, 274, 112},
                        {70'000, 1, 2, 17},
                        {70'000, 2, 1, 1},
                        {70'000, 3, 0, 0},
                        {256, 0, 1, 256},
                        {256, 1, 1, 1},
                        {256, 2, 0, 0},
                        {255, 0, 1, 255},
                        {255, 1, 0, 0},
                        {1, 0, 1, 1},
                        {0, 0, 0, 0},
                        {kTreeSizeMax, 7, 1, 127},
                        {kTreeSizeMax, 8, 0, 0},
                        {kTreeSizeMax, 63, 0, 0},
                        {kTreeSizeMax, 0, std::uint64_t{1} << 55, 255}}) {
    EXPECT_EQ(TileCount(c.level, c.size), c.tiles) << c.size << " level " << c.level;
    EXPECT_EQ(c.tiles == 0 ? 0 : TileWidth(c.level, c.tiles - 1, c.size), c.last_width) << c.size;
    EXPECT_EQ(TileWidth(c.level, c.tiles, c.size), 0U);
    EXPECT_EQ(c.level < TileLevels(c.size), c.tiles != 0) << c.size << " level " << c.level;
    if (c.tiles > 1) {
      EXPECT_EQ(TileWidth(c.level, c.tiles - 2, c.size), 256U);
    }
  }
}

// The hash of every node of a tree of 600 leaves, from tiles that are made by the formula of the standard.
TEST(TileTest, EveryNodeComesFromATile) {
  constexpr std::uint64_t kSize = 600;
  MemoryTree tree(kSize);
  TreeHasher hasher;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::string> tiles;
  for (std::uint32_t level = 0; level < TileLevels(kSize); ++level) {
    for (std::uint64_t index = 0; index < TileCount(level, kSize); ++index) {
      std::string& bytes = tiles[{level, index}];
      for (std::uint64_t i = 0; i < TileWidth(level, index, kSize); ++i) {
        const NodeId node[] = {{.level = 8 * level, .index = index * 256 + i}};
        const Hash hash = tree.ReadHashes(node)->front();
        bytes.append(hash.begin(), hash.end());
      }
    }
  }
  ASSERT_EQ(tiles.size(), 4U);  // 256 + 256 + 88 leaves, and two hashes of the full ones
  for (std::uint32_t level = 0; level <= 9; ++level) {
    for (std::uint64_t index = 0; (index + 1) << level <= kSize; ++index) {
      const NodeId node[] = {{.level = level, .index = index}};
      const TileSlice slice = SliceOfNode(node[0]);
      const std::string& bytes = tiles.at({slice.level, slice.index});
      const auto hash = HashOfSlice(slice, bytes, hasher);
      ASSERT_TRUE(hash.ok()) << hash.status();
      ASSERT_EQ(*hash, tree.ReadHashes(node)->front()) << level << "/" << index;
    }
  }
}

TEST(TileTest, Slices) {
  EXPECT_EQ(SliceOfNode({0, 300}), (TileSlice{.level = 0, .index = 1, .first = 44, .count = 1}));
  EXPECT_EQ(SliceOfNode({7, 3}), (TileSlice{.level = 0, .index = 1, .first = 128, .count = 128}));
  EXPECT_EQ(SliceOfNode({8, 3}), (TileSlice{.level = 1, .index = 0, .first = 3, .count = 1}));
  EXPECT_EQ(SliceOfNode({62, 0}), (TileSlice{.level = 7, .index = 0, .first = 0, .count = 64}));
}

TEST(TileTest, RefusesATileThatEndsTooEarly) {
  TreeHasher hasher;
  const TileSlice slice{.level = 1, .index = 5, .first = 2, .count = 2};
  EXPECT_TRUE(HashOfSlice(slice, std::string(128, 'x'), hasher).ok());
  EXPECT_EQ(std::string(HashOfSlice(slice, std::string(127, 'x'), hasher).status().message()),
            "tile 5 of level 1 has 127 bytes, 128 are needed");
  EXPECT_FALSE(HashOfSlice(slice, "", hasher).ok());
}

TEST(EntryBundleTest, HasEachEntryWithItsLength) {
  const std::vector<std::string> entries = {"one", "", std::string(kEntryBytesMax, 'x')};
  std::string bundle;
  for (const std::string& entry : entries) {
    AppendEntry(bundle, entry);
  }
  EXPECT_EQ(bundle.substr(0, 9), std::string("\0\3one\0\0\xff\xff", 9));
  const auto parsed = ParseEntryBundle(bundle, 3);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_TRUE(std::equal(parsed->begin(), parsed->end(), entries.begin(), entries.end()));
  EXPECT_TRUE(ParseEntryBundle("", 0).ok());
}

TEST(EntryBundleTest, RefusesAnotherNumberOfEntries) {
  const std::string bundle("\0\3one\0\3two", 10);
  struct Case {
    std::string bundle;
    std::uint32_t width;
    std::string reason;
  };
  for (const Case& c : {Case{bundle, 1, "the bundle has 5 bytes after its 1 entries"},
                        {bundle, 3, "the bundle ends before entry 2 of 3"},
                        {bundle.substr(0, 9), 2, "the bundle ends in entry 1, after 2 of its 3 bytes"},
                        {bundle.substr(0, 6), 2, "the bundle ends before entry 1 of 2"},
                        {std::string("\xff\xff", 2), 1, "the bundle ends in entry 0, after 0 of its 65535 bytes"},
                        {"", 256, "the bundle ends before entry 0 of 256"}}) {
    EXPECT_EQ(std::string(ParseEntryBundle(c.bundle, c.width).status().message()), c.reason);
  }
}

}  // namespace
}  // namespace escrow::tlog
