#include "audit/tile_tree.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/assert.h"

namespace escrow::audit {
namespace {

using tlog::Hash;
using tlog::Tile;

std::string_view BytesOfHashes(const std::vector<Hash>& hashes) {
  return {reinterpret_cast<const char*>(hashes.data()), hashes.size() * tlog::kHashBytes};
}

}  // namespace

Hash RootOfTile(const std::vector<Hash>& hashes, tlog::TreeHasher& hasher) {
  ESCROW_ASSERT(hashes.size() == tlog::kTileWidth);
  std::vector<Hash> row = hashes;
  for (std::size_t width = row.size(); width > 1; width /= 2) {
    for (std::size_t i = 0; i < width / 2; ++i) {
      row[i] = hasher.Node(row[2 * i], row[2 * i + 1]);
    }
  }
  return row[0];
}

absl::Status TileTree::Take(const std::vector<Hash>& leaves, const Hash& root) {
  ESCROW_ASSERT(size_ % tlog::kTileWidth == 0 && !leaves.empty() && leaves.size() <= tlog::kTileWidth);
  if (levels_.empty()) {
    levels_.emplace_back();
  }
  levels_[0].last = leaves;
  levels_[0].index = size_ / tlog::kTileWidth;
  size_ += leaves.size();
  if (leaves.size() < tlog::kTileWidth) {
    return absl::OkStatus();
  }
  const absl::Status compared = Compare(0);
  return compared.ok() ? Add(1, root) : compared;
}

absl::Status TileTree::Add(std::uint32_t level, const Hash& hash) {
  if (level == levels_.size()) {
    levels_.emplace_back();
  }
  Level& filling = levels_[level];
  if (filling.last.size() == tlog::kTileWidth) {
    filling.last.clear();
    ++filling.index;
  }
  filling.last.push_back(hash);
  if (filling.last.size() < tlog::kTileWidth) {
    return absl::OkStatus();
  }
  const absl::Status compared = Compare(level);
  return compared.ok() ? Add(level + 1, RootOfTile(levels_[level].last, hasher_)) : compared;
}

absl::Status TileTree::Finish() {
  for (std::uint32_t level = 0; level < levels_.size(); ++level) {
    if (levels_[level].last.size() < tlog::kTileWidth) {
      if (absl::Status compared = Compare(level); !compared.ok()) {
        return compared;
      }
    }
  }
  return absl::OkStatus();
}

absl::Status TileTree::Compare(std::uint32_t level) {
  if (wrong_ || (compared_ == 0 && missing_ > 0)) {
    return absl::OkStatus();  // the first is enough; or the source has entries alone
  }
  const Level& ours = levels_[level];
  const Tile tile{.kind = Tile::Kind::kHashes,
                  .level = level,
                  .index = ours.index,
                  .width = static_cast<std::uint32_t>(ours.last.size())};
  const absl::StatusOr<std::string> stored = stored_.ReadTile(tile);
  if (absl::IsNotFound(stored.status())) {
    ++missing_;
    return absl::OkStatus();
  }
  if (!stored.ok() && !absl::IsDataLoss(stored.status())) {
    return stored.status();
  }
  ++compared_;
  const std::string_view bytes = BytesOfHashes(ours.last);
  if (!stored.ok()) {
    wrong_ = std::string(stored.status().message());
  } else if (stored->size() != bytes.size()) {
    wrong_ = "stored " + tlog::FormatTilePath(tile) + " has " + std::to_string(stored->size()) +
             " bytes and must have " + std::to_string(bytes.size());
  } else if (*stored != bytes) {
    const auto differs = std::ranges::mismatch(*stored, bytes).in1 - stored->begin();
    wrong_ = "stored " + tlog::FormatTilePath(tile) + " differs from the entries at hash " +
             std::to_string(static_cast<std::size_t>(differs) / tlog::kHashBytes);
  }
  return absl::OkStatus();
}

Hash TileTree::Root(std::uint64_t size) {
  ESCROW_ASSERT(size <= size_);
  const absl::StatusOr<Hash> root = tlog::TreeRoot(size, *this);
  ESCROW_ASSERT(root.ok());  // its nodes are in the last tile of each level
  return *root;
}

absl::StatusOr<std::vector<Hash>> TileTree::ReadHashes(std::span<const tlog::NodeId> nodes) {
  std::vector<Hash> hashes;
  for (const tlog::NodeId& node : nodes) {
    const tlog::TileSlice slice = tlog::SliceOfNode(node);
    if (slice.level >= levels_.size() || slice.index != levels_[slice.level].index) {
      return absl::NotFoundError("the node is in no tile that was kept");
    }
    absl::StatusOr<Hash> hash = tlog::HashOfSlice(slice, BytesOfHashes(levels_[slice.level].last), hasher_);
    if (!hash.ok()) {
      return hash.status();
    }
    hashes.push_back(*hash);
  }
  return hashes;
}

}  // namespace escrow::audit
