#include "tlog/proof.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "base/assert.h"
#include "tlog/fields.h"

namespace escrow::tlog {
namespace {

// Leaves [begin, end) whose root is asked for. INVARIANT: not empty, and begin is a multiple of the smallest power of
// two that holds them all: so the range is a row of perfect trees of the whole, the largest first.
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// The size of the left one of the two trees that a tree of more than one leaf is made of.
std::uint64_t LeftSize(std::uint64_t size) { return std::bit_floor(size - 1); }

void AppendPerfectTrees(Range range, std::vector<NodeId>& nodes) {
  while (range.begin < range.end) {
    const auto level = static_cast<std::uint32_t>(std::bit_width(range.end - range.begin) - 1);
    nodes.push_back({.level = level, .index = range.begin >> level});
    range.begin += std::uint64_t{1} << level;
  }
}

// The root of each range, with one call of the reader.
absl::StatusOr<std::vector<Hash>> ReadRoots(std::span<const Range> ranges, HashReader& reader) {
  std::vector<NodeId> nodes;
  for (const Range& range : ranges) {
    AppendPerfectTrees(range, nodes);
  }
  const absl::StatusOr<std::vector<Hash>> hashes = reader.ReadHashes(nodes);
  if (!hashes.ok()) {
    return hashes.status();
  }
  ESCROW_ASSERT(hashes->size() == nodes.size());
  TreeHasher hasher;
  std::vector<Hash> roots;
  std::size_t first = 0;
  for (const Range& range : ranges) {
    const auto count = static_cast<std::size_t>(std::popcount(range.end - range.begin));
    Hash root = (*hashes)[first + count - 1];
    for (std::size_t i = count - 1; i > 0; --i) {
      root = hasher.Node((*hashes)[first + i - 1], root);
    }
    roots.push_back(root);
    first += count;
  }
  return roots;
}

absl::Status CheckSize(std::uint64_t size) {
  if (size > kTreeSizeMax) {
    return Malformed("a tree of " + std::to_string(size) + " leaves is too large");
  }
  return absl::OkStatus();
}

absl::Status CheckIndex(std::uint64_t index, std::uint64_t size) {
  if (const absl::Status good = CheckSize(size); !good.ok()) {
    return good;
  }
  if (index >= size) {
    return Malformed("there is no leaf " + std::to_string(index) + " in a tree of " + std::to_string(size) + " leaves");
  }
  return absl::OkStatus();
}

absl::Status CheckOrder(std::uint64_t old_size, std::uint64_t new_size) {
  if (const absl::Status good = CheckSize(new_size); !good.ok()) {
    return good;
  }
  if (old_size > new_size) {
    return Malformed("a tree of " + std::to_string(new_size) + " leaves cannot begin with one of " +
                     std::to_string(old_size));
  }
  return absl::OkStatus();
}

absl::Status CheckLength(std::size_t length, std::size_t needed) {
  if (length == needed) {
    return absl::OkStatus();
  }
  return Malformed("the proof has " + std::to_string(length) + (length == 1 ? " hash, " : " hashes, ") +
                   std::to_string(needed) + (needed == 1 ? " is needed" : " are needed"));
}

absl::Status Contradiction(const char* reason) { return absl::DataLossError(reason); }

}  // namespace

absl::StatusOr<Hash> TreeRoot(std::uint64_t size, HashReader& reader) {
  if (const absl::Status good = CheckSize(size); !good.ok()) {
    return good;
  }
  if (size == 0) {
    return TreeHasher().EmptyRoot();
  }
  const Range whole[] = {{.begin = 0, .end = size}};
  const absl::StatusOr<std::vector<Hash>> roots = ReadRoots(whole, reader);
  if (!roots.ok()) {
    return roots.status();
  }
  return roots->front();
}

absl::StatusOr<std::vector<Hash>> BuildInclusionProof(std::uint64_t index, std::uint64_t size, HashReader& reader) {
  if (const absl::Status good = CheckIndex(index, size); !good.ok()) {
    return good;
  }
  std::vector<Range> siblings;  // of the trees that hold the leaf, from the root down
  Range tree{.begin = 0, .end = size};
  while (tree.end - tree.begin > 1) {
    const std::uint64_t split = tree.begin + LeftSize(tree.end - tree.begin);
    if (index < split) {
      siblings.push_back({.begin = split, .end = std::exchange(tree.end, split)});
    } else {
      siblings.push_back({.begin = std::exchange(tree.begin, split), .end = split});
    }
  }
  std::reverse(siblings.begin(), siblings.end());
  return ReadRoots(siblings, reader);
}

absl::StatusOr<std::vector<Hash>> BuildConsistencyProof(std::uint64_t old_size, std::uint64_t new_size,
                                                        HashReader& reader) {
  if (const absl::Status good = CheckOrder(old_size, new_size); !good.ok()) {
    return good;
  }
  std::vector<Range> ranges;  // from the root down, along the right edge of the old tree
  if (old_size != 0) {
    Range tree{.begin = 0, .end = new_size};
    while (tree.end != old_size) {
      const std::uint64_t split = tree.begin + LeftSize(tree.end - tree.begin);
      if (old_size <= split) {
        ranges.push_back({.begin = split, .end = std::exchange(tree.end, split)});
      } else {
        ranges.push_back({.begin = std::exchange(tree.begin, split), .end = split});
      }
    }
    if (tree.begin != 0) {  // otherwise it is the old tree, whose root the verifier has
      ranges.push_back(tree);
    }
  }
  std::reverse(ranges.begin(), ranges.end());
  return ReadRoots(ranges, reader);
}

std::size_t InclusionProofLength(std::uint64_t index, std::uint64_t size) {
  ESCROW_ASSERT(index < size && size <= kTreeSizeMax);
  // Below the level where the ways of this leaf and of the last one part, each level has a sibling; above it, and then
  // the way is that along the right edge, only those levels where it is the right one of two.
  const auto parted = static_cast<int>(std::bit_width(index ^ (size - 1)));
  return static_cast<std::size_t>(parted + std::popcount(index >> parted));
}

std::size_t ConsistencyProofLength(std::uint64_t old_size, std::uint64_t new_size) {
  ESCROW_ASSERT(old_size <= new_size && new_size <= kTreeSizeMax);
  if (old_size == 0 || old_size == new_size) {
    return 0;
  }
  // The way is that of the old tree's last leaf, from the largest perfect tree on that ends with it; the root of that
  // tree comes first, unless it is the whole old tree.
  const int skipped = std::countr_zero(old_size);
  const std::size_t first = std::has_single_bit(old_size) ? 0 : 1;
  return first + InclusionProofLength(old_size - 1, new_size) - static_cast<std::size_t>(skipped);
}

// RFC 9162 section 2.1.3.2; the number of hashes was checked before, so the way ends with the last of them.
absl::Status VerifyInclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size, std::span<const Hash> proof,
                             const Hash& root) {
  if (const absl::Status good = CheckIndex(index, size); !good.ok()) {
    return good;
  }
  if (const absl::Status good = CheckLength(proof.size(), InclusionProofLength(index, size)); !good.ok()) {
    return good;
  }
  TreeHasher hasher;
  Hash node = leaf;
  std::uint64_t at = index;       // the node's index in its level
  std::uint64_t last = size - 1;  // the last node's of that level
  for (const Hash& sibling : proof) {
    while (at == last && (at & 1) == 0) {  // alone: it is its own parent
      at >>= 1;
      last >>= 1;
    }
    node = (at & 1) != 0 ? hasher.Node(sibling, node) : hasher.Node(node, sibling);
    at >>= 1;
    last >>= 1;
  }
  if (node != root) {
    return Contradiction("the proof does not lead from this leaf to this root");
  }
  return absl::OkStatus();
}

// RFC 9162 section 2.1.4.2.
absl::Status VerifyConsistency(std::uint64_t old_size, std::uint64_t new_size, const Hash& old_root,
                               const Hash& new_root, std::span<const Hash> proof) {
  if (const absl::Status good = CheckOrder(old_size, new_size); !good.ok()) {
    return good;
  }
  if (const absl::Status good = CheckLength(proof.size(), ConsistencyProofLength(old_size, new_size)); !good.ok()) {
    return good;
  }
  TreeHasher hasher;
  if ((old_size == 0 && old_root != hasher.EmptyRoot()) || (new_size == 0 && new_root != hasher.EmptyRoot())) {
    return Contradiction("the root of a tree of 0 leaves is not that of the empty tree");
  }
  if (old_size == new_size) {
    return old_root == new_root ? absl::OkStatus() : Contradiction("there are two roots of one size");
  }
  if (old_size == 0) {
    return absl::OkStatus();
  }
  const int skipped = std::countr_zero(old_size);
  std::uint64_t at = (old_size - 1) >> skipped;  // of the old tree's last perfect tree, in its level
  std::uint64_t last = (new_size - 1) >> skipped;
  const bool whole = std::has_single_bit(old_size);
  Hash old_node = whole ? old_root : proof.front();
  Hash new_node = old_node;
  for (const Hash& sibling : proof.subspan(whole ? 0 : 1)) {
    while (at == last && (at & 1) == 0) {
      at >>= 1;
      last >>= 1;
    }
    if ((at & 1) != 0) {
      old_node = hasher.Node(sibling, old_node);
      new_node = hasher.Node(sibling, new_node);
    } else {
      new_node = hasher.Node(new_node, sibling);  // a right sibling is not in the old tree
    }
    at >>= 1;
    last >>= 1;
  }
  if (old_node != old_root) {
    return Contradiction("the proof does not lead to the old root");
  }
  return new_node == new_root ? absl::OkStatus() : Contradiction("the proof does not lead to the new root");
}

}  // namespace escrow::tlog
