#include "audit/data_directory.h"

#include <algorithm>

#include "audit/file_bytes.h"

namespace escrow::audit {
namespace {

using tlog::Tile;

constexpr std::size_t kOffsetBytes = 8;

class DataDirectory final : public EntrySource {
 public:
  explicit DataDirectory(std::string path) : path_(std::move(path)) {}

  const std::string& name() const override { return path_; }
  absl::StatusOr<std::string> ReadCheckpoint() override {
    return ReadWholeFile(path_ + "/checkpoint", kCheckpointBytesMax);
  }
  absl::StatusOr<std::uint64_t> CountEntries() override;
  absl::StatusOr<std::string> ReadTile(const Tile& tile) override {
    return tile.kind == Tile::Kind::kEntries ? ReadEntries(tile) : ReadHashes(tile);
  }

 private:
  // Where bundle `index` begins in `entries`; NotFound when the index file ends before it.
  [[nodiscard]] absl::StatusOr<std::uint64_t> OffsetOf(std::uint64_t index) const;
  // The bytes from the beginning of the bundle to the next one's, or to the end of the file.
  [[nodiscard]] absl::StatusOr<std::string> ReadBlock(std::uint64_t index) const;
  [[nodiscard]] absl::StatusOr<std::string> ReadEntries(const Tile& tile) const;
  [[nodiscard]] absl::StatusOr<std::string> ReadHashes(const Tile& tile) const;

  const std::string path_;
};

absl::StatusOr<std::uint64_t> DataDirectory::OffsetOf(std::uint64_t index) const {
  const absl::StatusOr<std::string> bytes = ReadPart(path_ + "/entries.index", index * kOffsetBytes, kOffsetBytes);
  if (!bytes.ok()) {
    return bytes.status();
  }
  if (bytes->size() < kOffsetBytes) {
    return absl::NotFoundError(path_ + "/entries.index ends before bundle " + std::to_string(index));
  }
  std::uint64_t offset = 0;
  for (const char byte : *bytes) {
    offset = offset << 8U | static_cast<unsigned char>(byte);
  }
  return offset;
}

absl::StatusOr<std::string> DataDirectory::ReadBlock(std::uint64_t index) const {
  const absl::StatusOr<std::uint64_t> begin = OffsetOf(index);
  if (!begin.ok()) {
    return begin.status();
  }
  const std::size_t bytes_max = BytesMaxOf({.kind = Tile::Kind::kEntries});
  const absl::StatusOr<std::uint64_t> end = OffsetOf(index + 1);
  if (absl::IsNotFound(end.status())) {
    return ReadPart(path_ + "/entries", *begin, bytes_max);
  }
  if (!end.ok()) {
    return end.status();
  }
  if (*end < *begin || *end - *begin > bytes_max) {
    return absl::DataLossError(path_ + "/entries.index does not fit a bundle of entries at " + std::to_string(index));
  }
  return ReadPart(path_ + "/entries", *begin, static_cast<std::size_t>(*end - *begin));
}

absl::StatusOr<std::string> DataDirectory::ReadEntries(const Tile& tile) const {
  absl::StatusOr<std::string> block = ReadBlock(tile.index);
  return block.ok() ? CutTile(tile, *std::move(block)) : block;
}

absl::StatusOr<std::string> DataDirectory::ReadHashes(const Tile& tile) const {
  constexpr std::uint64_t kTileBytes = tlog::kTileWidth * tlog::kHashBytes;
  absl::StatusOr<std::string> bytes =
      ReadPart(path_ + "/hashes-" + std::to_string(tile.level), tile.index * kTileBytes, tile.width * tlog::kHashBytes);
  return bytes.ok() ? CutTile(tile, *std::move(bytes)) : bytes;
}

absl::StatusOr<std::uint64_t> DataDirectory::CountEntries() {
  const absl::StatusOr<std::uint64_t> index_bytes = BytesOf(path_ + "/entries.index");
  if (!index_bytes.ok()) {
    return index_bytes.status();
  }
  const std::uint64_t bundles = *index_bytes / kOffsetBytes;
  if (bundles == 0) {
    return 0;
  }
  const absl::StatusOr<std::string> last = ReadBlock(bundles - 1);
  if (!last.ok()) {
    return last.status();
  }
  // What was written of an entry when the server stopped is no entry.
  std::uint32_t width = 0;
  while (width < tlog::kTileWidth && CutBundle(*last, width + 1).ok()) {
    ++width;
  }
  return (bundles - 1) * tlog::kTileWidth + width;
}

}  // namespace

absl::StatusOr<std::unique_ptr<EntrySource>> OpenDataDirectory(const std::string& path) {
  return std::make_unique<DataDirectory>(path);
}

}  // namespace escrow::audit
