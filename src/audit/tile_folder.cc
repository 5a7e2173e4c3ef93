#include "audit/tile_folder.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "audit/file_bytes.h"

namespace escrow::audit {
namespace {

using tlog::Tile;

class TileFolder final : public EntrySource {
 public:
  explicit TileFolder(std::string path) : path_(std::move(path)) {}

  const std::string& name() const override { return path_; }
  absl::StatusOr<std::string> ReadCheckpoint() override {
    return ReadWholeFile(path_ + "/checkpoint", kCheckpointBytesMax);
  }
  absl::StatusOr<std::uint64_t> CountEntries() override;
  absl::StatusOr<std::string> ReadTile(const Tile& tile) override;

 private:
  [[nodiscard]] std::string PathOf(const Tile& tile) const { return path_ + '/' + tlog::FormatTilePath(tile); }
  // The widest partial tile that is there, 0 when none is.
  [[nodiscard]] std::uint32_t WidestPartial(Tile tile) const;

  const std::string path_;
};

std::uint32_t TileFolder::WidestPartial(Tile tile) const {
  // A partial tile is the file <N>.p/<W>.
  tile.width = 1;
  const std::filesystem::path folder = std::filesystem::path(PathOf(tile)).parent_path();
  std::uint32_t widest = 0;
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator(folder, error)) {
    tile.width = 0;
    for (const char digit : file.path().filename().string()) {
      const bool fits = digit >= '0' && digit <= '9' && tile.width < tlog::kTileWidth;
      tile.width = fits ? tile.width * 10 + static_cast<std::uint32_t>(digit - '0') : tlog::kTileWidth;
    }
    widest = tile.width < tlog::kTileWidth ? std::max(widest, tile.width) : widest;
  }
  return widest;
}

absl::StatusOr<std::uint64_t> TileFolder::CountEntries() {
  Tile tile{.kind = Tile::Kind::kEntries};
  std::error_code error;
  while (std::filesystem::exists(PathOf(tile), error)) {
    ++tile.index;
  }
  return tile.index * tlog::kTileWidth + WidestPartial(tile);
}

absl::StatusOr<std::string> TileFolder::ReadTile(const Tile& tile) {
  absl::StatusOr<std::string> bytes = ReadWholeFile(PathOf(tile), BytesMaxOf(tile));
  if (!absl::IsNotFound(bytes.status()) || tile.width == tlog::kTileWidth) {
    return bytes;
  }
  // A log that has grown may keep the wider tile alone.
  Tile wider = tile;
  wider.width = tlog::kTileWidth;
  absl::StatusOr<std::string> whole = ReadWholeFile(PathOf(wider), BytesMaxOf(tile));
  if (absl::IsNotFound(whole.status())) {
    wider.width = WidestPartial(tile);
    if (wider.width <= tile.width) {
      return bytes;
    }
    whole = ReadWholeFile(PathOf(wider), BytesMaxOf(tile));
  }
  return whole.ok() ? CutTile(tile, *std::move(whole)) : whole;
}

}  // namespace

absl::StatusOr<std::unique_ptr<EntrySource>> OpenTileFolder(const std::string& path) {
  return std::make_unique<TileFolder>(path);
}

}  // namespace escrow::audit
