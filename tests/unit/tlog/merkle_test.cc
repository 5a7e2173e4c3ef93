#include "tlog/merkle.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "crypto/hex.h"
#include "support/memory_tree.h"

namespace escrow::tlog {
namespace {

// The leaves and roots that transparency-dev/merkle publishes as test constants.
const std::array<std::string, 8> kLeaves = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
const std::array<std::string, 8> kRoots = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

TEST(CompactRangeTest, EmptyRoot) {
  TreeHasher hasher;
  EXPECT_EQ(crypto::HexEncode(CompactRange().Root(hasher)),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(CompactRangeTest, PublishedRoots) {
  TreeHasher hasher;
  CompactRange range;
  for (std::size_t i = 0; i < kLeaves.size(); ++i) {
    range.Append(hasher.Leaf(*crypto::HexDecode(kLeaves[i])), hasher);
    EXPECT_EQ(crypto::HexEncode(range.Root(hasher)), kRoots[i]) << "size " << range.size();
  }
}

TEST(CompactRangeTest, PublishedWholeLog) {
  // tessera testdata/log: its checkpoint's root, from base64.
  const std::array<std::string, 15> entries = {"one",  "two", "three",  "four",  "five",     "six",     "seven", "eit",
                                               "nain", "ten", "ileven", "twelf", "threeten", "fourten", "fivten"};
  TreeHasher hasher;
  CompactRange range;
  for (const std::string& entry : entries) {
    range.Append(hasher.Leaf(entry), hasher);
  }
  EXPECT_EQ(crypto::HexEncode(range.Root(hasher)), "aca6c38a90af86e5f5199ee0e4105ef2c03a05b27b8daff59e4e36eefdfcddcb");
}

TEST(CompactRangeTest, EverySizeAgreesWithTheDefinition) {
  TreeHasher hasher;
  CompactRange range;
  std::vector<Hash> leaves;
  for (int i = 0; i < 300; ++i) {
    leaves.push_back(hasher.Leaf(std::to_string(i)));
    range.Append(leaves.back(), hasher);
    ASSERT_EQ(range.Root(hasher), DefinedRoot(leaves, hasher)) << "size " << leaves.size();
  }
}

TEST(CompactRangeTest, GoesOnFromItsEdge) {
  TreeHasher hasher;
  CompactRange whole;
  for (int i = 0; i < 100; ++i) {
    std::optional<CompactRange> restored = CompactRange::FromEdge(whole.size(), whole.edge());
    ASSERT_TRUE(restored.has_value());
    const Hash leaf = hasher.Leaf(std::to_string(i));
    whole.Append(leaf, hasher);
    restored->Append(leaf, hasher);
    ASSERT_EQ(restored->Root(hasher), whole.Root(hasher));
  }
}

TEST(CompactRangeTest, RefusesAnEdgeThatDoesNotFit) {
  EXPECT_FALSE(CompactRange::FromEdge(0, {Hash{}}).has_value());
  EXPECT_FALSE(CompactRange::FromEdge(3, {Hash{}}).has_value());
  EXPECT_TRUE(CompactRange::FromEdge(4, {Hash{}}).has_value());
}

}  // namespace
}  // namespace escrow::tlog
