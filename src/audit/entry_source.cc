#include "audit/entry_source.h"

#include <filesystem>

#include "audit/data_directory.h"
#include "audit/tile_folder.h"
#include "audit/tile_url.h"

namespace escrow::audit {
namespace {

constexpr std::size_t kLengthBytes = 2;  // of an entry, big-endian

}  // namespace

absl::StatusOr<std::unique_ptr<EntrySource>> OpenSource(const std::string& path_or_url) {
  if (path_or_url.starts_with("http://") || path_or_url.starts_with("https://")) {
    return OpenTileUrl(path_or_url);
  }
  const std::filesystem::path path(path_or_url);
  std::error_code ignored;
  if (std::filesystem::exists(path / "public" / "entries.index", ignored)) {
    return OpenDataDirectory((path / "public").string());
  }
  if (std::filesystem::exists(path / "entries.index", ignored)) {
    return OpenDataDirectory(path_or_url);
  }
  if (std::filesystem::is_directory(path / "tile", ignored) || std::filesystem::exists(path / "checkpoint", ignored)) {
    return OpenTileFolder(path_or_url);
  }
  return absl::InvalidArgumentError(path_or_url +
                                    " is no log: neither a folder with tile/, nor a data directory with public/, nor a "
                                    "http or https URL");
}

absl::StatusOr<std::string> CutBundle(std::string bundle, std::uint32_t width) {
  std::size_t end = 0;
  for (std::uint32_t i = 0; i < width; ++i) {
    if (bundle.size() - end < kLengthBytes) {
      return absl::DataLossError("the bundle ends before entry " + std::to_string(i) + " of " + std::to_string(width));
    }
    const auto high = static_cast<unsigned char>(bundle[end]);
    const auto low = static_cast<unsigned char>(bundle[end + 1]);
    const std::size_t length = std::size_t{high} << 8U | low;
    end += kLengthBytes;
    if (bundle.size() - end < length) {
      return absl::DataLossError("the bundle ends within entry " + std::to_string(i) + " of " + std::to_string(width));
    }
    end += length;
  }
  bundle.resize(end);
  return bundle;
}

absl::StatusOr<std::string> CutTile(const tlog::Tile& tile, std::string bytes) {
  if (tile.kind == tlog::Tile::Kind::kEntries) {
    return CutBundle(std::move(bytes), tile.width);
  }
  const std::size_t wanted = tile.width * tlog::kHashBytes;
  if (bytes.size() < wanted) {
    return absl::DataLossError(tlog::FormatTilePath(tile) + " has " + std::to_string(bytes.size()) + " bytes, not " +
                               std::to_string(wanted));
  }
  bytes.resize(wanted);
  return bytes;
}

std::size_t BytesMaxOf(const tlog::Tile& tile) {
  return tile.kind == tlog::Tile::Kind::kHashes ? tlog::kTileWidth * tlog::kHashBytes
                                                : tlog::kTileWidth * (kLengthBytes + tlog::kEntryBytesMax);
}

}  // namespace escrow::audit
