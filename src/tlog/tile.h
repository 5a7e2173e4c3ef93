#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tlog/proof.h"

// Tiles: how a tree is cut into files that never change (https://c2sp.org/tlog-tiles).
//
// A tile of level L holds up to 256 hashes back to back, those of nodes of tree level 8 * L; a bundle holds the entries
// (leaves) of a tile of level 0. Only the last tile of a level is partial, and only full tiles have a hash in the level
// above. Threading: pure functions; any thread.
namespace escrow::tlog {

inline constexpr std::uint32_t kTileWidth = 256;
inline constexpr std::uint32_t kTileHeight = 8;  // levels of the tree in a tile: 2^8 is 256
inline constexpr std::size_t kHashBytes = sizeof(Hash);
inline constexpr std::size_t kEntryBytesMax = 65'535;  // a bundle has the length in two bytes

// Which tile, and how much of it: the coordinates that its path states.
struct Tile {
  enum class Kind : std::uint8_t { kHashes, kEntries };

  Kind kind = Kind::kHashes;
  std::uint32_t level = 0;  // 0 for entries
  std::uint64_t index = 0;
  std::uint32_t width = kTileWidth;  // 1 to 256; less than 256: partial

  friend bool operator==(const Tile&, const Tile&) = default;
};

// "tile/0/x001/x234/067", "tile/1/000.p/17", "tile/entries/000.p/5". REQUIRES: level <= 63, 1 <= width <= 256.
[[nodiscard]] std::string FormatTilePath(const Tile& tile);
// The tile of a path; every tile has one path and any other text is refused (InvalidArgument, with the reason). The
// path says nothing of whether a tree has such a tile: see TileWidth.
[[nodiscard]] absl::StatusOr<Tile> ParseTilePath(std::string_view path);

// How many levels of tiles a tree has: 0 for the empty tree. Level L exists when the tree has 256^L leaves.
[[nodiscard]] std::uint32_t TileLevels(std::uint64_t size);
// How many tiles level `level` has, with the partial one.
[[nodiscard]] std::uint64_t TileCount(std::uint32_t level, std::uint64_t size);
// How wide tile `index` of a level is in a tree of `size` leaves: 256, less for the partial one, 0 when there is none.
[[nodiscard]] std::uint32_t TileWidth(std::uint32_t level, std::uint64_t index, std::uint64_t size);

// Where the hash of a node comes from: the `count` (1 to 128) hashes from `first` on of a tile, hashed together.
struct TileSlice {
  std::uint32_t level = 0;
  std::uint64_t index = 0;
  std::uint32_t first = 0;
  std::uint32_t count = 1;

  friend bool operator==(const TileSlice&, const TileSlice&) = default;
};
// REQUIRES: node.level <= 62, and the node's last leaf is below 2^63.
[[nodiscard]] TileSlice SliceOfNode(const NodeId& node);
// The hash of that node. Errors: InvalidArgument when `tile`, the bytes of the tile that the slice names, ends before
// it.
[[nodiscard]] absl::StatusOr<Hash> HashOfSlice(const TileSlice& slice, std::string_view tile, TreeHasher& hasher);

// Appends an entry to a bundle: its length in two bytes, big-endian, and itself. REQUIRES: at most kEntryBytesMax
// bytes.
void AppendEntry(std::string& bundle, std::string_view entry);
// The entries of a bundle, which they point into. InvalidArgument when there are not exactly `width` and nothing after
// them.
[[nodiscard]] absl::StatusOr<std::vector<std::string_view>> ParseEntryBundle(std::string_view bundle,
                                                                             std::uint32_t width);

}  // namespace escrow::tlog
