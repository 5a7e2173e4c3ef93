#include "tlog/proof.h"

#include <gtest/gtest.h>

#include <string>

#include "support/memory_tree.h"

namespace escrow::tlog {
namespace {

constexpr std::size_t kSizeMax = 70;

// PATH of RFC 6962 section 2.1.1, word by word.
std::vector<Hash> DefinedPath(std::size_t m, std::span<const Hash> leaves, TreeHasher& hasher) {
  if (leaves.size() == 1) {
    return {};
  }
  const std::size_t k = std::bit_floor(leaves.size() - 1);
  std::vector<Hash> path =
      m < k ? DefinedPath(m, leaves.first(k), hasher) : DefinedPath(m - k, leaves.subspan(k), hasher);
  path.push_back(DefinedRoot(m < k ? leaves.subspan(k) : leaves.first(k), hasher));
  return path;
}

// SUBPROOF of section 2.1.2, word by word; PROOF(m, D[n]) is SUBPROOF(m, D[n], true).
std::vector<Hash> DefinedSubproof(std::size_t m, std::span<const Hash> leaves, bool whole, TreeHasher& hasher) {
  if (m == leaves.size()) {
    return whole ? std::vector<Hash>() : std::vector<Hash>{DefinedRoot(leaves, hasher)};
  }
  const std::size_t k = std::bit_floor(leaves.size() - 1);
  std::vector<Hash> proof = m <= k ? DefinedSubproof(m, leaves.first(k), whole, hasher)
                                   : DefinedSubproof(m - k, leaves.subspan(k), false, hasher);
  proof.push_back(DefinedRoot(m <= k ? leaves.subspan(k) : leaves.first(k), hasher));
  return proof;
}

TEST(ProofTest, RootsOfEverySize) {
  MemoryTree tree(kSizeMax);
  for (std::size_t size = 0; size <= kSizeMax; ++size) {
    ASSERT_EQ(*TreeRoot(size, tree), tree.Root(size)) << size;
  }
}

TEST(ProofTest, InclusionInEverySizeIsAsDefinedAndVerifies) {
  MemoryTree tree(kSizeMax);
  TreeHasher hasher;
  for (std::size_t size = 1; size <= kSizeMax; ++size) {
    const auto leaves = std::span(tree.leaves()).first(size);
    for (std::size_t index = 0; index < size; ++index) {
      const auto proof = BuildInclusionProof(index, size, tree);
      ASSERT_TRUE(proof.ok()) << proof.status();
      ASSERT_EQ(*proof, DefinedPath(index, leaves, hasher)) << index << " of " << size;
      ASSERT_EQ(proof->size(), InclusionProofLength(index, size));
      const absl::Status verified = VerifyInclusion(leaves[index], index, size, *proof, tree.Root(size));
      ASSERT_TRUE(verified.ok()) << index << " of " << size << ": " << verified;
    }
  }
}

TEST(ProofTest, ConsistencyOfEveryTwoSizesIsAsDefinedAndVerifies) {
  MemoryTree tree(kSizeMax);
  TreeHasher hasher;
  for (std::size_t size = 0; size <= kSizeMax; ++size) {
    for (std::size_t old_size = 0; old_size <= size; ++old_size) {
      const auto proof = BuildConsistencyProof(old_size, size, tree);
      ASSERT_TRUE(proof.ok()) << proof.status();
      if (old_size != 0) {
        ASSERT_EQ(*proof, DefinedSubproof(old_size, std::span(tree.leaves()).first(size), true, hasher));
      }
      ASSERT_EQ(proof->size(), ConsistencyProofLength(old_size, size)) << old_size << " to " << size;
      const absl::Status verified = VerifyConsistency(old_size, size, tree.Root(old_size), tree.Root(size), *proof);
      ASSERT_TRUE(verified.ok()) << old_size << " to " << size << ": " << verified;
    }
  }
}

// Nothing but the one leaf, index, size, root and proof is taken: each proof is tried for every other index and size,
// with each hash changed, cut, repeated and in another order.
TEST(ProofTest, InclusionOfAnythingElseIsRefused) {
  constexpr std::size_t kMax = 20;
  MemoryTree tree(kMax);
  for (std::size_t size = 1; size <= kMax; ++size) {
    for (std::size_t index = 0; index < size; ++index) {
      const std::vector<Hash> proof = *BuildInclusionProof(index, size, tree);
      const Hash& leaf = tree.leaves()[index];
      for (std::size_t other = 0; other <= kMax; ++other) {
        EXPECT_EQ(VerifyInclusion(leaf, other, size, proof, tree.Root(size)).ok(), other == index);
        EXPECT_EQ(VerifyInclusion(leaf, index, size, proof, tree.Root(other)).ok(), other == size);
        EXPECT_TRUE(other == index || other == kMax ||
                    !VerifyInclusion(tree.leaves()[other], index, size, proof, tree.Root(size)).ok());
      }
      for (std::size_t i = 0; i < proof.size(); ++i) {
        std::vector<Hash> lie = proof;
        lie[i][31] ^= 1;
        EXPECT_FALSE(VerifyInclusion(leaf, index, size, lie, tree.Root(size)).ok());
        lie = proof;
        lie.erase(lie.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_FALSE(VerifyInclusion(leaf, index, size, lie, tree.Root(size)).ok());
        lie = proof;
        lie.insert(lie.begin() + static_cast<std::ptrdiff_t>(i), proof[i]);
        EXPECT_FALSE(VerifyInclusion(leaf, index, size, lie, tree.Root(size)).ok());
        lie = proof;
        std::swap(lie[i], lie[(i + 1) % lie.size()]);
        EXPECT_TRUE(lie == proof || !VerifyInclusion(leaf, index, size, lie, tree.Root(size)).ok());
      }
    }
  }
}

TEST(ProofTest, ConsistencyOfAnythingElseIsRefused) {
  constexpr std::size_t kMax = 20;
  MemoryTree tree(kMax);
  for (std::size_t size = 1; size <= kMax; ++size) {
    for (std::size_t old_size = 1; old_size < size; ++old_size) {
      const std::vector<Hash> proof = *BuildConsistencyProof(old_size, size, tree);
      const Hash old_root = tree.Root(old_size);
      const Hash new_root = tree.Root(size);
      const auto taken = [&](const std::vector<Hash>& lie) {
        return VerifyConsistency(old_size, size, old_root, new_root, lie).ok();
      };
      for (std::size_t other = 1; other <= kMax; ++other) {
        EXPECT_EQ(VerifyConsistency(old_size, size, tree.Root(other), new_root, proof).ok(), other == old_size);
        EXPECT_EQ(VerifyConsistency(old_size, size, old_root, tree.Root(other), proof).ok(), other == size);
        EXPECT_EQ(VerifyConsistency(other, size, old_root, new_root, proof).ok(), other == old_size);
      }
      std::vector<Hash> lie = proof;
      lie.push_back(new_root);
      EXPECT_FALSE(taken(lie));
      for (std::size_t i = 0; i < proof.size(); ++i) {
        lie = proof;
        lie[i][0] ^= 0x80;
        EXPECT_FALSE(taken(lie));
        lie = proof;
        lie.erase(lie.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_FALSE(taken(lie));
        lie = proof;
        std::swap(lie[i], lie[(i + 1) % lie.size()]);
        EXPECT_TRUE(lie == proof || !taken(lie));
      }
    }
  }
}

// The reasons, word by word. A tree of 6 leaves: the way of leaf 4 has its sibling and the root of the first four.
TEST(ProofTest, SaysWhatIsWrong) {
  MemoryTree tree(8);
  const Hash leaf = tree.leaves()[4];
  const Hash root = tree.Root(6);
  const std::vector<Hash> proof = *BuildInclusionProof(4, 6, tree);
  const Hash none = TreeHasher().EmptyRoot();
  constexpr std::uint64_t kTooLarge = std::uint64_t{1} << 63;
  const std::vector<Hash> surplus = {proof[0], proof[1], proof[1]};
  const auto one = std::span(proof).first(1);
  struct Case {
    absl::Status status;
    std::string reason;
  };
  const Case cases[] = {
      {VerifyInclusion(leaf, 4, 6, proof, root), ""},
      {VerifyInclusion(leaf, 4, 6, one, root), "the proof has 1 hash, 2 are needed"},
      {VerifyInclusion(leaf, 4, 6, surplus, root), "the proof has 3 hashes, 2 are needed"},
      {VerifyInclusion(leaf, 0, 2, proof, root), "the proof has 2 hashes, 1 is needed"},
      {VerifyInclusion(leaf, 6, 6, proof, root), "there is no leaf 6 in a tree of 6 leaves"},
      {VerifyInclusion(leaf, 0, 0, {}, none), "there is no leaf 0 in a tree of 0 leaves"},
      {VerifyInclusion(leaf, 0, kTooLarge, proof, root), "a tree of 9223372036854775808 leaves is too large"},
      {VerifyInclusion(leaf, 0, kTreeSizeMax, proof, root), "the proof has 2 hashes, 63 are needed"},
      {VerifyInclusion(leaf, 5, 6, proof, root), "the proof does not lead from this leaf to this root"},
      {VerifyConsistency(7, 6, root, root, {}), "a tree of 6 leaves cannot begin with one of 7"},
      {VerifyConsistency(6, kTooLarge, root, root, {}), "a tree of 9223372036854775808 leaves is too large"},
      {VerifyConsistency(kTooLarge, kTooLarge, root, root, {}), "a tree of 9223372036854775808 leaves is too large"},
      {VerifyConsistency(6, 6, root, root, {}), ""},
      {VerifyConsistency(6, 6, root, leaf, {}), "there are two roots of one size"},
      {VerifyConsistency(6, 6, root, root, one), "the proof has 1 hash, 0 are needed"},
      {VerifyConsistency(0, 6, none, root, {}), ""},
      {VerifyConsistency(0, 6, none, root, one), "the proof has 1 hash, 0 are needed"},
      {VerifyConsistency(0, 6, root, root, {}), "the root of a tree of 0 leaves is not that of the empty tree"},
      {VerifyConsistency(0, 0, none, none, {}), ""},
      {VerifyConsistency(0, 0, none, root, {}), "the root of a tree of 0 leaves is not that of the empty tree"},
      {VerifyConsistency(6, 8, root, tree.Root(8), {}), "the proof has 0 hashes, 3 are needed"},
      {VerifyConsistency(6, 8, leaf, tree.Root(8), *BuildConsistencyProof(6, 8, tree)),
       "the proof does not lead to the old root"},
      {VerifyConsistency(6, 8, root, leaf, *BuildConsistencyProof(6, 8, tree)),
       "the proof does not lead to the new root"},
      {BuildInclusionProof(6, 6, tree).status(), "there is no leaf 6 in a tree of 6 leaves"},
      {BuildConsistencyProof(7, 6, tree).status(), "a tree of 6 leaves cannot begin with one of 7"},
      {TreeRoot(kTooLarge, tree).status(), "a tree of 9223372036854775808 leaves is too large"},
      {BuildInclusionProof(7, 9, tree).status(), "asked for a node that the tree has not"},  // the reader's own
  };
  for (const Case& c : cases) {
    EXPECT_EQ(std::string(c.status.message()), c.reason);
  }
}

// The largest trees: the length of the way of the first leaf, of the last, and from one before the end to the end.
TEST(ProofTest, LengthsAtTheLimit) {
  EXPECT_EQ(InclusionProofLength(0, kTreeSizeMax), 63U);
  EXPECT_EQ(InclusionProofLength(kTreeSizeMax - 1, kTreeSizeMax), 62U);  // alone in its level: 2^63 - 2 has 62 ones
  EXPECT_EQ(InclusionProofLength(0, 1), 0U);
  EXPECT_EQ(ConsistencyProofLength(kTreeSizeMax - 1, kTreeSizeMax), 63U);
  EXPECT_EQ(ConsistencyProofLength(1, kTreeSizeMax), 63U);
}

}  // namespace
}  // namespace escrow::tlog
