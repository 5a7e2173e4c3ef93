#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tlog/proof.h"

namespace escrow::tlog {

// The definition of a tree's root in RFC 6962 section 2.1, word by word.
inline Hash DefinedRoot(std::span<const Hash> leaves, TreeHasher& hasher) {
  if (leaves.empty()) {
    return hasher.EmptyRoot();
  }
  if (leaves.size() == 1) {
    return leaves[0];
  }
  const std::size_t split = std::bit_floor(leaves.size() - 1);  // the largest power of two smaller than the size
  return hasher.Node(DefinedRoot(leaves.first(split), hasher), DefinedRoot(leaves.subspan(split), hasher));
}

// A tree in memory whose hashes come from the definition. Leaf i is the decimal number i.
class MemoryTree final : public HashReader {
 public:
  explicit MemoryTree(std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      leaves_.push_back(hasher_.Leaf(std::to_string(i)));
    }
  }

  [[nodiscard]] absl::StatusOr<std::vector<Hash>> ReadHashes(std::span<const NodeId> nodes) override {
    std::vector<Hash> hashes;
    for (const NodeId& node : nodes) {
      const std::uint64_t width = std::uint64_t{1} << node.level;
      if ((node.index + 1) * width > leaves_.size()) {
        return absl::OutOfRangeError("asked for a node that the tree has not");
      }
      hashes.push_back(DefinedRoot(std::span(leaves_).subspan(node.index * width, width), hasher_));
    }
    return hashes;
  }

  [[nodiscard]] const std::vector<Hash>& leaves() const { return leaves_; }
  // Of the first `size` leaves.
  [[nodiscard]] Hash Root(std::size_t size) { return DefinedRoot(std::span(leaves_).first(size), hasher_); }

 private:
  TreeHasher hasher_;
  std::vector<Hash> leaves_;
};

}  // namespace escrow::tlog
