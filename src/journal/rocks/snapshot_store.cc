#include "journal/rocks/snapshot_store.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "journal/rocks/anchor.h"
#include "journal/rocks/database.h"

namespace escrow::journal::rocks {
namespace {

// The file: magic, the snapshot, its description, be32 size of the description. The description comes last because its
// digest does.
constexpr std::string_view kMagic("escrow-snapshot\3", 16);
constexpr std::string_view kDraft = "draft";
constexpr std::size_t kSizeBytes = 4;
constexpr std::size_t kEndBytesMax = 4'096;  // 66 hashes and some numbers take half of it

// Reads a part of a file.
absl::StatusOr<std::string> ReadPart(rocksdb::FileSystem& files, const std::string& path, std::uint64_t offset,
                                     std::size_t size) {
  std::unique_ptr<rocksdb::FSRandomAccessFile> file;
  rocksdb::IOStatus status = files.NewRandomAccessFile(path, rocksdb::FileOptions(), &file, nullptr);
  std::string bytes(size, '\0');
  rocksdb::Slice got;
  if (status.ok()) {
    status = file->Read(offset, size, rocksdb::IOOptions(), &got, bytes.data(), nullptr);
  }
  if (!status.ok()) {
    return Convert(status, absl::StrCat("cannot read the snapshot ", path));
  }
  bytes.resize(got.size());
  return bytes;
}

}  // namespace

SnapshotStore::SnapshotStore(std::shared_ptr<rocksdb::FileSystem> files, std::string folder)
    : files_(std::move(files)), folder_(std::move(folder)) {}

absl::Status SnapshotStore::Prepare() const {
  std::error_code error;
  std::filesystem::create_directory(folder_, error);
  std::filesystem::remove(folder_ + "/" + std::string(kDraft), error);  // usually there is nothing to remove
  return error ? absl::ErrnoToStatus(error.value(), absl::StrCat("cannot prepare ", folder_)) : absl::OkStatus();
}

SnapshotStore::Draft::~Draft() {
  if (!path_.empty()) {
    std::error_code ignored;  // half a file only takes room
    std::filesystem::remove(path_, ignored);
  }
}

absl::StatusOr<SnapshotStore::Draft> SnapshotStore::WriteDraft(SnapshotSource& source) const {
  Draft draft(folder_ + "/" + std::string(kDraft), 0);
  if (absl::Status status = WriteFile(draft.path_, source); !status.ok()) {
    return status;
  }
  draft.sequence_ = source.info().sequence;
  return draft;
}

absl::Status SnapshotStore::Keep(Draft draft) const {
  absl::Status status = Convert(files_->RenameFile(draft.path_, PathOf(draft.sequence_), rocksdb::IOOptions(), nullptr),
                                "cannot put a snapshot into its place");
  if (status.ok()) {
    status = SyncFolder(*files_, folder_);
  }
  if (!status.ok()) {
    return status;
  }
  draft.path_.clear();
  const std::uint64_t first_kept = FirstSnapshotKept(List());
  for (const std::uint64_t sequence : Positions()) {
    if (sequence < first_kept) {
      status.Update(Convert(files_->DeleteFile(PathOf(sequence), rocksdb::IOOptions(), nullptr),
                            "cannot delete an old snapshot"));
    }
  }
  return status;
}

absl::Status SnapshotStore::ForgetAfter(std::uint64_t last) const {
  absl::Status status;
  for (const std::uint64_t sequence : Positions()) {
    if (sequence > last) {
      status.Update(
          Convert(files_->DeleteFile(PathOf(sequence), rocksdb::IOOptions(), nullptr), "cannot delete a snapshot"));
    }
  }
  status.Update(SyncFolder(*files_, folder_));
  return status;
}

absl::Status SnapshotStore::WriteFile(const std::string& path, SnapshotSource& source) const {
  const rocksdb::IOOptions options;
  std::unique_ptr<rocksdb::FSWritableFile> file;
  rocksdb::IOStatus status = files_->NewWritableFile(path, rocksdb::FileOptions(), &file, nullptr);
  if (status.ok()) {
    status = file->Append(Slice(kMagic), options, nullptr);
  }
  std::uint64_t size = 0;
  while (status.ok()) {
    const absl::StatusOr<std::string_view> piece = source.Next();
    if (!piece.ok()) {
      return piece.status();
    }
    if (piece->empty()) {
      break;
    }
    status = file->Append(Slice(*piece), options, nullptr);
    // The operating system is asked to write out each piece at once: a whole snapshot in its cache would delay the
    // syncs of the log.
    if (status.ok()) {
      status = file->RangeSync(kMagic.size() + size, piece->size(), options, nullptr);
    }
    size += piece->size();
  }
  if (status.ok()) {
    std::string end = EncodeSnapshotInfo({.info = source.info(), .size = size});
    AppendBe32(end, static_cast<std::uint32_t>(end.size()));
    status = file->Append(Slice(end), options, nullptr);
  }
  if (status.ok()) {
    status = file->Fsync(options, nullptr);
  }
  if (status.ok()) {
    status = file->Close(options, nullptr);
  }
  return Convert(status, "cannot write a snapshot");
}

std::string SnapshotStore::PathOf(std::uint64_t sequence) const {
  char name[24];
  std::snprintf(name, sizeof name, "/%020llu", static_cast<unsigned long long>(sequence));
  return folder_ + name;
}

std::vector<std::uint64_t> SnapshotStore::Positions() const {
  std::vector<std::uint64_t> positions;
  std::error_code none;
  for (const std::filesystem::directory_entry& file : std::filesystem::directory_iterator(folder_, none)) {
    const std::string name = file.path().filename().string();
    std::uint64_t sequence = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), sequence);
    if (error == std::errc() && file.path() == PathOf(sequence)) {
      positions.push_back(sequence);
    }
  }
  std::ranges::sort(positions, std::greater<>());
  return positions;
}

absl::StatusOr<SnapshotRow> SnapshotStore::ReadInfo(std::uint64_t sequence) const {
  const std::string path = PathOf(sequence);
  std::error_code unknown;
  const std::uint64_t size = std::filesystem::file_size(path, unknown);
  if (unknown) {
    return absl::NotFoundError(absl::StrCat("there is no snapshot at ", sequence));
  }
  const std::size_t end_bytes = std::min<std::uint64_t>(size, kEndBytesMax);
  const absl::StatusOr<std::string> begin = ReadPart(*files_, path, 0, kMagic.size());
  const absl::StatusOr<std::string> end = ReadPart(*files_, path, size - end_bytes, end_bytes);
  if (!begin.ok() || !end.ok()) {
    return begin.ok() ? end.status() : begin.status();
  }
  if (*begin == kMagic && end->size() >= kSizeBytes) {
    const std::string_view all(*end);
    const std::string_view before = all.substr(0, all.size() - kSizeBytes);
    const std::uint32_t description = Cursor(all.substr(before.size())).Be32();
    if (description <= before.size()) {
      std::optional<SnapshotRow> row = DecodeSnapshotInfo(sequence, before.substr(before.size() - description));
      // The size comes from a file that may be damaged: never ask for more memory than the file could fill.
      if (row && row->size == size - std::min(size, kMagic.size() + description + kSizeBytes)) {
        return *std::move(row);
      }
    }
  }
  return absl::DataLossError(absl::StrCat("the description of the snapshot at ", sequence, " is damaged"));
}

std::vector<SnapshotInfo> SnapshotStore::List() const {
  std::vector<SnapshotInfo> infos;
  for (const std::uint64_t sequence : Positions()) {
    if (absl::StatusOr<SnapshotRow> row = ReadInfo(sequence); row.ok()) {
      infos.push_back(std::move(row->info));
    }
  }
  return infos;
}

absl::StatusOr<std::string> SnapshotStore::Read(std::uint64_t sequence) const {
  const absl::StatusOr<SnapshotRow> row = ReadInfo(sequence);
  if (!row.ok()) {
    return row.status();
  }
  return ReadPart(*files_, PathOf(sequence), kMagic.size(), row->size);
}

}  // namespace escrow::journal::rocks
