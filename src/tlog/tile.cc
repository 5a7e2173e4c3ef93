#include "tlog/tile.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>

#include "base/assert.h"
#include "tlog/fields.h"

namespace escrow::tlog {
namespace {

constexpr std::uint32_t kLevelMax = 63;  // as the standard has it; no tree of ours gets past level 7
constexpr std::string_view kRoot = "tile/";
constexpr std::string_view kEntries = "entries";
constexpr std::string_view kPartial = ".p/";

// "x001/x234/067"
std::string FormatIndex(std::uint64_t index) {
  std::string text;
  do {
    std::string group = std::to_string(index % 1'000);
    group.insert(0, 3 - group.size(), '0');
    text.insert(0, text.empty() ? group : "x" + group + "/");
    index /= 1'000;
  } while (index != 0);
  return text;
}

// The value of three digits.
std::optional<std::uint32_t> ParseGroup(std::string_view group) {
  if (group.size() != 3 || !std::all_of(group.begin(), group.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>((group[0] - '0') * 100 + (group[1] - '0') * 10 + (group[2] - '0'));
}

std::optional<std::uint64_t> ParseIndex(std::string_view text) {
  const std::string_view whole = text;
  std::uint64_t index = 0;
  for (bool last = false; !last;) {
    last = !text.starts_with('x');
    const std::string_view element = text.substr(0, text.find('/'));
    const std::optional<std::uint32_t> group = ParseGroup(last ? element : element.substr(1));
    if (!group.has_value() || index > (std::numeric_limits<std::uint64_t>::max() >> 1) / 1'000 - 1) {
      return std::nullopt;
    }
    index = index * 1'000 + *group;
    text.remove_prefix(std::min(element.size() + (last ? 0 : 1), text.size()));
  }
  // WHY: one text a number: no groups of zeros in front, nothing behind.
  return FormatIndex(index) == whole ? std::optional(index) : std::nullopt;
}

// How many leaves one hash of a tile of this level stands for, as a shift; 64 and more: more than any tree has.
std::uint32_t ShiftOf(std::uint32_t level) { return level * kTileHeight; }

// How many hashes a level has in total: those of full tiles of the level below.
std::uint64_t HashCount(std::uint32_t level, std::uint64_t size) {
  return ShiftOf(level) < 64 ? size >> ShiftOf(level) : 0;
}

absl::Status BadPath(std::string_view path, std::string_view reason) {
  return Malformed(Quoted(path) + " is not the path of a tile: " + std::string(reason));
}

}  // namespace

std::string FormatTilePath(const Tile& tile) {
  ESCROW_ASSERT(tile.level <= kLevelMax && tile.width >= 1 && tile.width <= kTileWidth);
  std::string path(kRoot);
  path.append(tile.kind == Tile::Kind::kEntries ? std::string(kEntries) : std::to_string(tile.level));
  path.append("/").append(FormatIndex(tile.index));
  if (tile.width != kTileWidth) {
    path.append(kPartial).append(std::to_string(tile.width));
  }
  return path;
}

absl::StatusOr<Tile> ParseTilePath(std::string_view path) {
  std::string_view rest = path;
  if (!rest.starts_with(kRoot)) {
    return BadPath(path, "it does not begin with tile/");
  }
  rest.remove_prefix(kRoot.size());
  const std::string_view level = rest.substr(0, rest.find('/'));
  rest.remove_prefix(std::min(level.size() + 1, rest.size()));
  Tile tile;
  if (level == kEntries) {
    tile.kind = Tile::Kind::kEntries;
  } else {
    const std::optional<std::uint64_t> number = ParseNumber(level);
    if (!number.has_value() || *number > kLevelMax) {
      return BadPath(path, "its level is neither 0 to 63 nor entries");
    }
    tile.level = static_cast<std::uint32_t>(*number);
  }
  const std::size_t partial = rest.find(kPartial);
  if (partial != std::string_view::npos) {
    const std::optional<std::uint64_t> width = ParseNumber(rest.substr(partial + kPartial.size()));
    if (!width.has_value() || *width == 0 || *width >= kTileWidth) {
      return BadPath(path, "its width is not 1 to 255");
    }
    tile.width = static_cast<std::uint32_t>(*width);
  }
  const std::optional<std::uint64_t> index = ParseIndex(rest.substr(0, partial));
  if (!index.has_value()) {
    return BadPath(path, "its index is not in groups of three digits, all but the last with an x");
  }
  tile.index = *index;
  return tile;
}

std::uint32_t TileLevels(std::uint64_t size) {
  return (static_cast<std::uint32_t>(std::bit_width(size)) + kTileHeight - 1) / kTileHeight;
}

std::uint64_t TileCount(std::uint32_t level, std::uint64_t size) {
  const std::uint64_t hashes = HashCount(level, size);
  return hashes / kTileWidth + (hashes % kTileWidth != 0 ? 1 : 0);
}

std::uint32_t TileWidth(std::uint32_t level, std::uint64_t index, std::uint64_t size) {
  const std::uint64_t hashes = HashCount(level, size);
  if (index < hashes / kTileWidth) {
    return kTileWidth;
  }
  return index == hashes / kTileWidth ? static_cast<std::uint32_t>(hashes % kTileWidth) : 0;
}

TileSlice SliceOfNode(const NodeId& node) {
  ESCROW_ASSERT(node.level <= 62 && node.index < kTreeSizeMax >> node.level);
  const std::uint32_t height = node.level % kTileHeight;  // of the node above the hashes of its tile
  const std::uint32_t in_tile = kTileHeight - height;     // bits of the index that count nodes within a tile
  const std::uint64_t place = node.index & ((1U << in_tile) - 1);
  return {.level = node.level / kTileHeight,
          .index = node.index >> in_tile,
          .first = static_cast<std::uint32_t>(place << height),
          .count = std::uint32_t{1} << height};
}

absl::StatusOr<Hash> HashOfSlice(const TileSlice& slice, std::string_view tile, TreeHasher& hasher) {
  ESCROW_ASSERT(std::has_single_bit(slice.count) && slice.first % slice.count == 0);
  ESCROW_ASSERT(slice.first + slice.count <= kTileWidth);
  if (tile.size() < (slice.first + slice.count) * kHashBytes) {
    return Malformed("tile " + std::to_string(slice.index) + " of level " + std::to_string(slice.level) + " has " +
                     std::to_string(tile.size()) + " bytes, " +
                     std::to_string((slice.first + slice.count) * kHashBytes) + " are needed");
  }
  std::vector<Hash> row(slice.count);
  std::memcpy(row.data(), tile.data() + slice.first * kHashBytes, slice.count * kHashBytes);
  for (; row.size() > 1; row.resize(row.size() / 2)) {
    for (std::size_t i = 0; i < row.size() / 2; ++i) {
      row[i] = hasher.Node(row[2 * i], row[2 * i + 1]);
    }
  }
  return row.front();
}

void AppendEntry(std::string& bundle, std::string_view entry) {
  ESCROW_ASSERT(entry.size() <= kEntryBytesMax);
  bundle.push_back(static_cast<char>(entry.size() >> 8));
  bundle.push_back(static_cast<char>(entry.size() & 0xff));
  bundle.append(entry);
}

absl::StatusOr<std::vector<std::string_view>> ParseEntryBundle(std::string_view bundle, std::uint32_t width) {
  std::vector<std::string_view> entries;
  while (entries.size() < width) {
    if (bundle.size() < 2) {
      return Malformed("the bundle ends before entry " + std::to_string(entries.size()) + " of " +
                       std::to_string(width));
    }
    const std::size_t size =
        static_cast<std::size_t>(static_cast<std::uint8_t>(bundle[0])) << 8 | static_cast<std::uint8_t>(bundle[1]);
    bundle.remove_prefix(2);
    if (bundle.size() < size) {
      return Malformed("the bundle ends in entry " + std::to_string(entries.size()) + ", after " +
                       std::to_string(bundle.size()) + " of its " + std::to_string(size) + " bytes");
    }
    entries.push_back(bundle.substr(0, size));
    bundle.remove_prefix(size);
  }
  if (!bundle.empty()) {
    return Malformed("the bundle has " + std::to_string(bundle.size()) + " bytes after its " + std::to_string(width) +
                     " entries");
  }
  return entries;
}

}  // namespace escrow::tlog
