#include "publish/public_log.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/assert.h"
#include "crypto/hex.h"
#include "publish/durable_file.h"

namespace escrow::publish {
namespace {

using tlog::CompactRange;
using tlog::Hash;

constexpr std::uint64_t kTileWidth = 256;
constexpr std::size_t kLengthBytes = 2;
constexpr std::size_t kOffsetBytes = 8;
constexpr std::size_t kEntryBytesMax = 65'535;
// 256^7 entries are more than any log will have.
constexpr std::size_t kLevels = 7;
constexpr char kStateFormat[] = "escrow-public-log 1";
constexpr std::size_t kStateBytesMax = 4'096;

std::string BigEndian(std::uint64_t value, std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = bytes; i-- > 0; value >>= 8) {
    text[i] = static_cast<char>(value & 0xff);
  }
  return text;
}

std::uint64_t ReadBigEndian(std::string_view text) {
  std::uint64_t value = 0;
  for (const char byte : text) {
    value = value << 8 | static_cast<std::uint8_t>(byte);
  }
  return value;
}

std::string_view View(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

Hash ToHash(std::string_view bytes) {
  Hash hash;
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

// The tree over hashes that stand back to back.
CompactRange TreeOver(std::string_view hashes, tlog::TreeHasher& hasher) {
  CompactRange tree;
  for (std::size_t at = 0; at < hashes.size(); at += Hash{}.size()) {
    tree.Append(ToHash(hashes.substr(at, Hash{}.size())), hasher);
  }
  return tree;
}

// Where the first `count` entries of `bundle` end, or its end when it has less.
std::size_t EndOfEntries(std::string_view bundle, std::size_t count) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < count && at + kLengthBytes <= bundle.size(); ++i) {
    at += kLengthBytes + static_cast<std::size_t>(ReadBigEndian(bundle.substr(at, kLengthBytes)));
  }
  return std::min(at, bundle.size());
}

std::string StateFile(const std::string& folder) { return folder + "/state"; }

}  // namespace

absl::StatusOr<std::unique_ptr<PublicLog>> PublicLog::Open(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat("cannot make the folder ", folder, ": ", error.message()));
  }
  std::unique_ptr<PublicLog> log(new PublicLog(folder));
  absl::StatusOr<Saved> saved = log->ReadSaved();
  absl::Status loaded = saved.ok() ? log->Load(*saved) : saved.status();
  if (absl::IsDataLoss(loaded)) {
    loaded = log->Clear();
  }
  if (!loaded.ok()) {
    return loaded;
  }
  return log;
}

absl::StatusOr<PublicLog::Saved> PublicLog::ReadSaved() const {
  const absl::StatusOr<std::string> text = ReadFile(StateFile(folder_), kStateBytesMax);
  if (absl::IsNotFound(text.status())) {
    tlog::TreeHasher hasher;
    return Saved{.head = {.size = 0, .root = hasher.EmptyRoot()}, .entries_bytes = 0};
  }
  if (!text.ok()) {
    return text.status();
  }
  const std::vector<std::string> lines = absl::StrSplit(*text, '\n');
  Saved saved;
  const std::optional<std::string> root = lines.size() == 5 ? crypto::HexDecode(lines[3]) : std::nullopt;
  if (!root || root->size() != saved.head.root.size() || lines[0] != kStateFormat || !lines[4].empty() ||
      !absl::SimpleAtoi(lines[1], &saved.head.size) || !absl::SimpleAtoi(lines[2], &saved.entries_bytes)) {
    return absl::DataLossError(absl::StrCat(StateFile(folder_), " is not what Save writes"));
  }
  saved.head.root = ToHash(*root);
  return saved;
}

absl::Status PublicLog::Load(const Saved& saved) {
  const std::uint64_t size = saved.head.size;
  absl::StatusOr<std::unique_ptr<AppendFile>> entries = AppendFile::Open(folder_ + "/entries", saved.entries_bytes);
  absl::StatusOr<std::unique_ptr<AppendFile>> index =
      AppendFile::Open(folder_ + "/entries.index", (size + kTileWidth - 1) / kTileWidth * kOffsetBytes);
  for (const absl::Status& status : {entries.status(), index.status()}) {
    if (!status.ok()) {
      return status;
    }
  }
  entries_ = *std::move(entries);
  index_ = *std::move(index);
  levels_.clear();
  levels_.resize(kLevels);
  std::uint64_t count = size;
  for (int level = 0; level < static_cast<int>(kLevels); ++level, count /= kTileWidth) {
    if (absl::Status status = LoadLevel(level, count); !status.ok()) {
      return status;
    }
  }
  appended_ = size;
  if (head() != saved.head) {
    return absl::DataLossError(absl::StrCat("the hashes in ", folder_, " do not give the root that was saved"));
  }
  SetReadable({.size = size, .entries_bytes = saved.entries_bytes});
  return absl::OkStatus();
}

absl::Status PublicLog::LoadLevel(int level, std::uint64_t count) {
  constexpr std::uint64_t kHashBytes = Hash{}.size();
  absl::StatusOr<std::unique_ptr<AppendFile>> file =
      AppendFile::Open(absl::StrCat(folder_, "/hashes-", level), count * kHashBytes);
  if (!file.ok()) {
    return file.status();
  }
  const std::uint64_t whole = count / kTileWidth * kTileWidth;
  absl::StatusOr<std::string> partial =
      (*file)->Read(whole * kHashBytes, static_cast<std::size_t>((count - whole) * kHashBytes));
  if (!partial.ok()) {
    return partial.status();
  }
  Level& loaded = levels_[static_cast<std::size_t>(level)];
  loaded.file = *std::move(file);
  loaded.filling = TreeOver(*partial, hasher_);
  return absl::OkStatus();
}

void PublicLog::Append(std::string_view entry) {
  ESCROW_ASSERT(entry.size() <= kEntryBytesMax);
  if (appended_ % kTileWidth == 0) {
    index_->Append(BigEndian(entries_->size(), kOffsetBytes));
  }
  entries_->Append(BigEndian(entry.size(), kLengthBytes));
  entries_->Append(entry);
  ++appended_;
  AppendHash(0, hasher_.Leaf(entry));
}

// A full tile is a leaf of the level above.
void PublicLog::AppendHash(std::size_t level, const Hash& hash) {
  Level& filling = levels_[level];
  filling.file->Append(View(hash));
  filling.filling.Append(hash, hasher_);
  if (filling.filling.size() == kTileWidth && level + 1 < kLevels) {
    const Hash root = filling.filling.edge().front();
    filling.filling = CompactRange();
    AppendHash(level + 1, root);
  }
}

template <class Action>
absl::Status PublicLog::ForEachFile(Action action) {
  absl::Status status = action(*entries_);
  status.Update(action(*index_));
  for (Level& level : levels_) {
    status.Update(action(*level.file));
  }
  return status;
}

absl::Status PublicLog::Flush() {
  const absl::Status status = ForEachFile([](AppendFile& file) { return file.Flush(); });
  if (status.ok()) {
    SetReadable({.size = appended_, .entries_bytes = entries_->size()});
  }
  return status;
}

absl::Status PublicLog::Save() {
  ESCROW_ASSERT(size() == appended_);
  if (absl::Status status = ForEachFile([](AppendFile& file) { return file.Sync(); }); !status.ok()) {
    return status;
  }
  const TreeHead now = head();
  return ReplaceFile(StateFile(folder_), absl::StrCat(kStateFormat, "\n", now.size, "\n", entries_->size(), "\n",
                                                      crypto::HexEncode(now.root), "\n"));
}

absl::Status PublicLog::Clear() {
  SetReadable({});
  std::vector<std::string> names = {"state", "entries", "entries.index"};
  for (std::size_t level = 0; level < kLevels; ++level) {
    names.push_back(absl::StrCat("hashes-", level));
  }
  for (const std::string& name : names) {
    std::error_code error;
    std::filesystem::remove(folder_ + "/" + name, error);
    if (error) {
      return absl::UnavailableError(absl::StrCat("cannot remove ", folder_, "/", name, ": ", error.message()));
    }
  }
  return Load({.head = {.size = 0, .root = hasher_.EmptyRoot()}, .entries_bytes = 0});
}

// The tree is the row of the full tiles' subtrees of every level, the highest first.
TreeHead PublicLog::head() {
  std::vector<Hash> edge;
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
    edge.insert(edge.end(), level->filling.edge().begin(), level->filling.edge().end());
  }
  const std::optional<CompactRange> tree = CompactRange::FromEdge(appended_, std::move(edge));
  ESCROW_ASSERT(tree.has_value());
  return {.size = appended_, .root = tree->Root(hasher_)};
}

absl::StatusOr<std::string> PublicLog::ReadHashes(int tile_level, std::uint64_t first, std::size_t count) const {
  constexpr std::uint64_t kHashBytes = Hash{}.size();
  return levels_[static_cast<std::size_t>(tile_level)].file->Read(first * kHashBytes, count * kHashBytes);
}

PublicLog::Readable PublicLog::readable() const {
  const std::lock_guard lock(mutex_);
  return readable_;
}

void PublicLog::SetReadable(const Readable& readable) {
  const std::lock_guard lock(mutex_);
  readable_ = readable;
}

absl::StatusOr<std::uint64_t> PublicLog::OffsetOfTile(std::uint64_t tile, const Readable& readable) const {
  if (tile * kTileWidth >= readable.size) {
    return readable.entries_bytes;
  }
  const absl::StatusOr<std::string> offset = index_->Read(tile * kOffsetBytes, kOffsetBytes);
  if (!offset.ok()) {
    return offset.status();
  }
  return ReadBigEndian(*offset);
}

absl::StatusOr<std::string> PublicLog::ReadBundle(std::uint64_t first, std::size_t count) const {
  const std::uint64_t tile = first / kTileWidth;
  const Readable now = readable();
  ESCROW_ASSERT(count > 0 && first + count <= std::min(now.size, (tile + 1) * kTileWidth));
  const absl::StatusOr<std::uint64_t> begin = OffsetOfTile(tile, now);
  const absl::StatusOr<std::uint64_t> end = OffsetOfTile(tile + 1, now);
  for (const absl::Status& status : {begin.status(), end.status()}) {
    if (!status.ok()) {
      return status;
    }
  }
  if (*end < *begin || *end - *begin > kTileWidth * (kLengthBytes + kEntryBytesMax)) {
    return absl::DataLossError(absl::StrCat("the index of the entries in ", folder_, " is damaged at tile ", tile));
  }
  absl::StatusOr<std::string> bytes = entries_->Read(*begin, static_cast<std::size_t>(*end - *begin));
  if (!bytes.ok()) {
    return bytes.status();
  }
  const std::size_t skipped = EndOfEntries(*bytes, static_cast<std::size_t>(first % kTileWidth));
  const std::size_t length = EndOfEntries(std::string_view(*bytes).substr(skipped), count);
  return bytes->substr(skipped, length);
}

}  // namespace escrow::publish
