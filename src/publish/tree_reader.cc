#include "publish/tree_reader.h"

#include <string>

#include "tlog/tile.h"

namespace escrow::publish {

absl::StatusOr<std::vector<tlog::Hash>> TreeReader::ReadHashes(std::span<const tlog::NodeId> nodes) {
  std::vector<tlog::Hash> hashes;
  hashes.reserve(nodes.size());
  for (const tlog::NodeId& node : nodes) {
    tlog::TileSlice slice = tlog::SliceOfNode(node);
    const absl::StatusOr<std::string> bytes =
        log_.ReadHashes(static_cast<int>(slice.level), slice.index * tlog::kTileWidth + slice.first, slice.count);
    if (!bytes.ok()) {
      return bytes.status();
    }
    slice.first = 0;  // no more of the tile than the slice was read
    absl::StatusOr<tlog::Hash> hash = tlog::HashOfSlice(slice, *bytes, hasher_);
    if (!hash.ok()) {
      return hash.status();
    }
    hashes.push_back(*hash);
  }
  return hashes;
}

}  // namespace escrow::publish
