#include "tlog/merkle.h"

#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "base/assert.h"

namespace escrow::tlog {

Hash TreeHasher::Leaf(std::string_view data) {
  sha_.Update(std::string_view("\0", 1));
  sha_.Update(data);
  return sha_.Finish();
}

Hash TreeHasher::Node(const Hash& left, const Hash& right) {
  std::array<char, 1 + 2 * sizeof(Hash)> bytes;
  bytes[0] = 1;
  std::memcpy(&bytes[1], left.data(), left.size());
  std::memcpy(&bytes[1 + left.size()], right.data(), right.size());
  return sha_.Hash(std::string_view(bytes.data(), bytes.size()));
}

Hash TreeHasher::EmptyRoot() { return sha_.Hash(""); }

std::optional<CompactRange> CompactRange::FromEdge(std::uint64_t size, std::vector<Hash> edge) {
  if (edge.size() != static_cast<std::size_t>(std::popcount(size))) {
    return std::nullopt;
  }
  CompactRange range;
  range.size_ = size;
  range.edge_ = std::move(edge);
  return range;
}

void CompactRange::Append(const Hash& leaf, TreeHasher& hasher) {
  Hash node = leaf;
  // Each trailing one of the size is a perfect tree as large as the one that `node` stands for: the two become one.
  for (std::uint64_t ones = size_; (ones & 1) != 0; ones >>= 1) {
    node = hasher.Node(edge_.back(), node);
    edge_.pop_back();
  }
  edge_.push_back(node);
  ++size_;
  ESCROW_ASSERT(edge_.size() == static_cast<std::size_t>(std::popcount(size_)));
}

Hash CompactRange::Root(TreeHasher& hasher) const {
  if (edge_.empty()) {
    return hasher.EmptyRoot();
  }
  Hash root = edge_.back();
  for (std::size_t i = edge_.size() - 1; i > 0; --i) {
    root = hasher.Node(edge_[i - 1], root);
  }
  return root;
}

}  // namespace escrow::tlog
