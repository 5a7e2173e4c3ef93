#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "crypto/sha256.h"

// The Merkle tree of RFC 6962 section 2.1 (kept by RFC 9162) over the events of the log.
namespace escrow::tlog {

using Hash = crypto::Digest;

// Hashes leaves and nodes. Threading: not thread-safe; keep one per thread and use it again.
class TreeHasher {
 public:
  // SHA-256(0x00 || data)
  [[nodiscard]] Hash Leaf(std::string_view data);
  // SHA-256(0x01 || left || right)
  [[nodiscard]] Hash Node(const Hash& left, const Hash& right);
  // SHA-256(""): the root of a tree without leaves.
  [[nodiscard]] Hash EmptyRoot();

 private:
  crypto::Sha256 sha_;
};

// CompactRange: the right edge of a tree, which is all that it takes to append leaves and to know the root.
//
// A tree of n leaves is a row of perfect trees, one for each set bit of n, the largest first; the edge holds their
// roots. A value: copy it to remember a position. Cost: Append one node on average, Root at most 63 nodes.
class CompactRange {
 public:
  // The empty tree.
  CompactRange() = default;
  // The tree that size() and edge() told of before; nothing when the number of hashes does not fit the size.
  [[nodiscard]] static std::optional<CompactRange> FromEdge(std::uint64_t size, std::vector<Hash> edge);

  void Append(const Hash& leaf, TreeHasher& hasher);
  [[nodiscard]] Hash Root(TreeHasher& hasher) const;

  [[nodiscard]] std::uint64_t size() const { return size_; }
  // Roots of the perfect trees, the largest first.
  [[nodiscard]] const std::vector<Hash>& edge() const { return edge_; }

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash> edge_;  // INVARIANT: edge_.size() == popcount(size_)
};

}  // namespace escrow::tlog
