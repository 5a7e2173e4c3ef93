#include "audit/fork.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace escrow::audit {
namespace {

using tlog::Hash;
using tlog::Tile;

absl::StatusOr<std::vector<Hash>> ReadLeaves(EntrySource& source, std::uint64_t index, std::uint32_t width) {
  std::vector<Hash> leaves;
  const absl::StatusOr<std::string> bundle =
      source.ReadTile({.kind = Tile::Kind::kEntries, .index = index, .width = width});
  if (bundle.ok()) {
    const auto entries = tlog::ParseEntryBundle(*bundle, width);
    if (!entries.ok()) {
      return entries.status();
    }
    tlog::TreeHasher hasher;
    for (const std::string_view entry : *entries) {
      leaves.push_back(hasher.Leaf(entry));
    }
    return leaves;
  }
  if (!absl::IsNotFound(bundle.status())) {
    return bundle.status();
  }
  const absl::StatusOr<std::string> tile =
      source.ReadTile({.kind = Tile::Kind::kHashes, .level = 0, .index = index, .width = width});
  if (!tile.ok()) {
    return tile.status();
  }
  if (tile->size() != width * tlog::kHashBytes) {
    return absl::DataLossError("a tile of " + source.name() + " does not have its size");
  }
  leaves.resize(width);
  std::memcpy(leaves.data(), tile->data(), tile->size());
  return leaves;
}

}  // namespace

absl::StatusOr<std::optional<std::uint64_t>> FirstDifferentLeaf(EntrySource& one, EntrySource& other,
                                                                std::uint64_t size) {
  for (std::uint64_t first = 0; first < size; first += tlog::kTileWidth) {
    const auto width = static_cast<std::uint32_t>(std::min<std::uint64_t>(tlog::kTileWidth, size - first));
    const absl::StatusOr<std::vector<Hash>> ours = ReadLeaves(one, first / tlog::kTileWidth, width);
    if (!ours.ok()) {
      return ours.status();
    }
    const absl::StatusOr<std::vector<Hash>> theirs = ReadLeaves(other, first / tlog::kTileWidth, width);
    if (!theirs.ok()) {
      return theirs.status();
    }
    const auto differs = std::ranges::mismatch(*ours, *theirs).in1;
    if (differs != ours->end()) {
      return std::optional(first + static_cast<std::uint64_t>(differs - ours->begin()));
    }
  }
  return std::optional<std::uint64_t>();
}

}  // namespace escrow::audit
