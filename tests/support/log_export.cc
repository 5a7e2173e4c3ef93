#include "support/log_export.h"

#include <filesystem>
#include <fstream>

#include "tlog/checkpoint.h"
#include "tlog/tile.h"

namespace escrow::test {
namespace {

using tlog::Hash;

void Write(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string BytesOf(const std::vector<Hash>& hashes) {
  return {reinterpret_cast<const char*>(hashes.data()), hashes.size() * sizeof(Hash)};
}

// The complete hashes of every level of tiles: those of the leaves, then of each 256 of the level below.
std::vector<std::vector<Hash>> LevelsOf(const std::vector<std::string>& entries) {
  tlog::TreeHasher hasher;
  std::vector<std::vector<Hash>> levels(1);
  for (const std::string& entry : entries) {
    levels[0].push_back(hasher.Leaf(entry));
  }
  while (levels.back().size() >= tlog::kTileWidth) {
    const std::vector<Hash>& below = levels.back();
    std::vector<Hash> level;
    for (std::size_t i = 0; i + tlog::kTileWidth <= below.size(); i += tlog::kTileWidth) {
      tlog::CompactRange tile;
      for (std::size_t j = i; j < i + tlog::kTileWidth; ++j) {
        tile.Append(below[j], hasher);
      }
      level.push_back(tile.Root(hasher));
    }
    levels.push_back(std::move(level));
  }
  return levels;
}

}  // namespace

tlog::SignerKey LogKey() {
  crypto::Ed25519Seed seed{};
  seed.fill(7);
  return {kLogOrigin, tlog::SignatureType::kEd25519, crypto::Ed25519PrivateKey::FromSeed(seed)};
}

std::string CheckpointOf(const std::vector<std::string>& entries, const tlog::SignerKey& key) {
  tlog::TreeHasher hasher;
  tlog::CompactRange tree;
  for (const std::string& entry : entries) {
    tree.Append(hasher.Leaf(entry), hasher);
  }
  return tlog::FormatNote(
      tlog::SignCheckpoint({.origin = kLogOrigin, .size = tree.size(), .root = tree.Root(hasher), .extensions = {}},
                           key)
          .note);
}

void WriteLogExport(const std::string& folder, const std::vector<std::string>& entries, const tlog::SignerKey& key) {
  const std::filesystem::path root(folder);
  const auto levels = LevelsOf(entries);
  for (std::uint32_t level = 0; level < levels.size(); ++level) {
    const std::vector<Hash>& hashes = levels[level];
    for (std::size_t first = 0; first < hashes.size(); first += tlog::kTileWidth) {
      const std::size_t width = std::min<std::size_t>(tlog::kTileWidth, hashes.size() - first);
      const auto begin = hashes.begin() + static_cast<std::ptrdiff_t>(first);
      tlog::Tile tile{.level = level, .index = first / tlog::kTileWidth, .width = static_cast<std::uint32_t>(width)};
      Write(root / tlog::FormatTilePath(tile), BytesOf({begin, begin + static_cast<std::ptrdiff_t>(width)}));
      if (level == 0) {
        tile.kind = tlog::Tile::Kind::kEntries;
        std::string bundle;
        for (std::size_t i = first; i < first + width; ++i) {
          tlog::AppendEntry(bundle, entries[i]);
        }
        Write(root / tlog::FormatTilePath(tile), bundle);
      }
    }
  }
  Write(root / "checkpoint", CheckpointOf(entries, key));
}

void WriteDataDirectory(const std::string& folder, const std::vector<std::string>& entries, std::size_t beyond,
                        const tlog::SignerKey& key) {
  const std::filesystem::path root = std::filesystem::path(folder) / "public";
  const auto levels = LevelsOf(entries);
  for (std::size_t level = 0; level < levels.size(); ++level) {
    Write(root / ("hashes-" + std::to_string(level)), BytesOf(levels[level]));
  }
  std::string bytes;
  std::string index;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    for (int shift = 56; i % tlog::kTileWidth == 0 && shift >= 0; shift -= 8) {
      index += static_cast<char>(bytes.size() >> static_cast<unsigned>(shift));
    }
    tlog::AppendEntry(bytes, entries[i]);
  }
  Write(root / "entries", bytes);
  Write(root / "entries.index", index);
  Write(root / "checkpoint", CheckpointOf({entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(beyond)}, key));
}

}  // namespace escrow::test
