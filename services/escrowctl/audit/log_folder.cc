#include "escrowctl/audit/log_folder.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "tlog/note.h"
#include "tlog/tile.h"

namespace escrow::ctl {
namespace {

namespace fs = std::filesystem;
using tlog::CompactRange;
using tlog::Hash;
using tlog::Tile;

}  // namespace

absl::StatusOr<std::unique_ptr<LogFolder>> LogFolder::Create(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return absl::InvalidArgumentError(absl::StrCat("cannot make the folder ", folder, ": ", error.message()));
  }
  if (!fs::is_empty(folder, error) || error) {
    return absl::FailedPreconditionError(absl::StrCat(folder, " is not empty"));
  }
  return std::unique_ptr<LogFolder>(new LogFolder(folder));
}

absl::Status LogFolder::Add(std::string_view entry) {
  tlog::AppendEntry(bundle_, entry);
  ++size_;
  if (size_ % tlog::kTileWidth == 0) {
    if (absl::Status status = WriteBundle(tlog::kTileWidth); !status.ok()) {
      return status;
    }
    bundle_.clear();
  }
  return AddHash(0, hasher_.Leaf(entry));
}

// A full tile is a leaf of the level above.
absl::Status LogFolder::AddHash(std::size_t level, const Hash& hash) {
  if (level == levels_.size()) {
    levels_.emplace_back();
  }
  levels_[level].hashes.append(reinterpret_cast<const char*>(hash.data()), hash.size());
  levels_[level].tree.Append(hash, hasher_);
  if (levels_[level].tree.size() < tlog::kTileWidth) {
    return absl::OkStatus();
  }
  if (absl::Status status = WriteHashes(level, tlog::kTileWidth); !status.ok()) {
    return status;
  }
  const Hash root = levels_[level].tree.edge().front();
  levels_[level] = {.hashes = {}, .tree = {}, .written = levels_[level].written + 1};
  return AddHash(level + 1, root);
}

absl::Status LogFolder::Finish(const tlog::SignedCheckpoint& checkpoint) {
  if (checkpoint.checkpoint.size != size_ || checkpoint.checkpoint.root != Root()) {
    return absl::DataLossError(
        absl::StrCat("the ", size_, " entries that were read do not give the root of the checkpoint"));
  }
  const auto rest = static_cast<std::uint32_t>(size_ % tlog::kTileWidth);
  if (rest > 0) {
    if (absl::Status status = WriteBundle(rest); !status.ok()) {
      return status;
    }
  }
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    const auto width = static_cast<std::uint32_t>(levels_[level].tree.size());
    if (width > 0) {
      if (absl::Status status = WriteHashes(level, width); !status.ok()) {
        return status;
      }
    }
  }
  return Write("checkpoint", tlog::FormatNote(checkpoint.note));
}

Hash LogFolder::Root() {
  std::vector<Hash> edge;
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
    edge.insert(edge.end(), level->tree.edge().begin(), level->tree.edge().end());
  }
  const std::optional<CompactRange> tree = CompactRange::FromEdge(size_, std::move(edge));
  ESCROW_ASSERT(tree.has_value());
  return tree->Root(hasher_);
}

absl::Status LogFolder::WriteHashes(std::size_t level, std::uint32_t width) {
  const Tile tile{.kind = Tile::Kind::kHashes,
                  .level = static_cast<std::uint32_t>(level),
                  .index = levels_[level].written,
                  .width = width};
  return Write(tlog::FormatTilePath(tile), levels_[level].hashes);
}

absl::Status LogFolder::WriteBundle(std::uint32_t width) {
  const Tile tile{.kind = Tile::Kind::kEntries, .level = 0, .index = (size_ - 1) / tlog::kTileWidth, .width = width};
  return Write(tlog::FormatTilePath(tile), bundle_);
}

absl::Status LogFolder::Write(const std::string& path, std::string_view bytes) const {
  const fs::path full = fs::path(folder_) / path;
  std::error_code error;
  fs::create_directories(full.parent_path(), error);
  std::ofstream file(full, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  return file.good() ? absl::OkStatus() : absl::UnavailableError(absl::StrCat("cannot write ", full.string()));
}

}  // namespace escrow::ctl
