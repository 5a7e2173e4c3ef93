#include "audit/evidence/log_proofs.h"

#include "tlog/tile.h"

namespace escrow::audit::evidence {
namespace {

constexpr std::size_t kTilesMax = 256;  // that are kept

}  // namespace

absl::StatusOr<std::string> LogProofs::Entry(std::uint64_t index) {
  const std::uint64_t bundle = index / tlog::kTileWidth;
  const absl::StatusOr<const std::string*> bytes = Read(tlog::Tile::Kind::kEntries, 0, bundle);
  if (!bytes.ok()) {
    return bytes.status();
  }
  const auto entries = tlog::ParseEntryBundle(**bytes, tlog::TileWidth(0, bundle, size_));
  if (!entries.ok()) {
    return absl::DataLossError("a bundle of entries: " + std::string(entries.status().message()));
  }
  return std::string((*entries)[index % tlog::kTileWidth]);
}

absl::StatusOr<std::vector<tlog::Hash>> LogProofs::Inclusion(std::uint64_t index) {
  return tlog::BuildInclusionProof(index, size_, *this);
}

absl::StatusOr<std::vector<tlog::Hash>> LogProofs::Consistency(std::uint64_t old_size) {
  return tlog::BuildConsistencyProof(old_size, size_, *this);
}

absl::StatusOr<std::vector<tlog::Hash>> LogProofs::ReadHashes(std::span<const tlog::NodeId> nodes) {
  std::vector<tlog::Hash> hashes;
  tlog::TreeHasher hasher;
  for (const tlog::NodeId& node : nodes) {
    const tlog::TileSlice slice = tlog::SliceOfNode(node);
    const absl::StatusOr<const std::string*> tile = Read(tlog::Tile::Kind::kHashes, slice.level, slice.index);
    if (!tile.ok()) {
      return tile.status();
    }
    absl::StatusOr<tlog::Hash> hash = tlog::HashOfSlice(slice, **tile, hasher);
    if (!hash.ok()) {
      return absl::DataLossError("a tile of hashes: " + std::string(hash.status().message()));
    }
    hashes.push_back(*hash);
  }
  return hashes;
}

absl::StatusOr<const std::string*> LogProofs::Read(tlog::Tile::Kind kind, std::uint32_t level, std::uint64_t index) {
  const tlog::Tile tile{.kind = kind, .level = level, .index = index, .width = tlog::TileWidth(level, index, size_)};
  const std::string path = tlog::FormatTilePath(tile);
  auto found = tiles_.find(path);
  if (found == tiles_.end()) {
    absl::StatusOr<std::string> bytes = source_.ReadTile(tile);
    if (!bytes.ok()) {
      return bytes.status();
    }
    if (tiles_.size() == kTilesMax) {
      tiles_.clear();
    }
    found = tiles_.emplace(path, *std::move(bytes)).first;
  }
  return &found->second;
}

}  // namespace escrow::audit::evidence
