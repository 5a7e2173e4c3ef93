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

constexpr std::string_view kMagic("escrow-snapshot\0", 16);
constexpr std::string_view kDraft = "draft";
// The operating system is asked to write out each piece at once: a whole snapshot in its cache would delay the syncs of
// the log.
constexpr std::size_t kPieceBytes = 1 << 20;
constexpr std::size_t kInfoBytesMax = 4'096;  // 64 hashes and some numbers take half of it

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

absl::Status SnapshotStore::Write(const SnapshotInfo& info, std::string_view bytes) const {
  const std::string draft = folder_ + "/" + std::string(kDraft);
  absl::Status status = WriteFile(info, bytes);
  if (status.ok()) {
    status = Convert(files_->RenameFile(draft, PathOf(info.sequence), rocksdb::IOOptions(), nullptr),
                     "cannot put a snapshot into its place");
  }
  if (status.ok()) {
    status = SyncFolder(*files_, folder_);
  }
  if (!status.ok()) {
    std::error_code ignored;  // half a file only takes room
    std::filesystem::remove(draft, ignored);
    return status;
  }
  const std::vector<std::uint64_t> all = Positions();
  for (std::size_t i = kSnapshotsKept; i < all.size(); ++i) {
    status.Update(
        Convert(files_->DeleteFile(PathOf(all[i]), rocksdb::IOOptions(), nullptr), "cannot delete an old snapshot"));
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

absl::Status SnapshotStore::WriteFile(const SnapshotInfo& info, std::string_view bytes) const {
  std::string head(kMagic);
  const std::string description = EncodeSnapshotInfo({.info = info, .size = bytes.size()});
  AppendBe32(head, static_cast<std::uint32_t>(description.size()));
  head += description;
  const rocksdb::IOOptions options;
  std::unique_ptr<rocksdb::FSWritableFile> file;
  rocksdb::IOStatus status =
      files_->NewWritableFile(folder_ + "/" + std::string(kDraft), rocksdb::FileOptions(), &file, nullptr);
  if (status.ok()) {
    status = file->Append(Slice(head), options, nullptr);
  }
  for (std::size_t at = 0; status.ok() && at < bytes.size(); at += kPieceBytes) {
    const std::string_view piece = bytes.substr(at, kPieceBytes);
    status = file->Append(Slice(piece), options, nullptr);
    if (status.ok()) {
      status = file->RangeSync(head.size() + at, piece.size(), options, nullptr);
    }
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

absl::StatusOr<SnapshotRow> SnapshotStore::ReadInfo(std::uint64_t sequence, std::size_t& begin) const {
  const std::string path = PathOf(sequence);
  if (!std::filesystem::exists(path)) {
    return absl::NotFoundError(absl::StrCat("there is no snapshot at ", sequence));
  }
  const absl::StatusOr<std::string> head = ReadPart(*files_, path, 0, kInfoBytesMax);
  if (!head.ok()) {
    return head.status();
  }
  std::optional<SnapshotRow> row;
  if (head->starts_with(kMagic)) {
    Cursor cursor(std::string_view(*head).substr(kMagic.size()));
    const std::uint32_t size = cursor.Be32();
    if (cursor.ok() && size <= cursor.rest().size()) {
      row = DecodeSnapshotInfo(sequence, cursor.rest().substr(0, size));
      begin = head->size() - cursor.rest().size() + size;
    }
  }
  if (!row) {
    return absl::DataLossError(absl::StrCat("the description of the snapshot at ", sequence, " is damaged"));
  }
  return *std::move(row);
}

std::vector<SnapshotInfo> SnapshotStore::List() const {
  std::vector<SnapshotInfo> infos;
  for (const std::uint64_t sequence : Positions()) {
    std::size_t begin = 0;
    if (absl::StatusOr<SnapshotRow> row = ReadInfo(sequence, begin); row.ok()) {
      infos.push_back(std::move(row->info));
    }
  }
  return infos;
}

absl::StatusOr<std::string> SnapshotStore::Read(std::uint64_t sequence) const {
  std::size_t begin = 0;
  const absl::StatusOr<SnapshotRow> row = ReadInfo(sequence, begin);
  if (!row.ok()) {
    return row.status();
  }
  // The size comes from a file that may be damaged: never ask for more memory than the file could fill.
  std::error_code unknown;
  const std::uint64_t there = std::filesystem::file_size(PathOf(sequence), unknown);
  if (unknown || there < begin || there - begin != row->size) {
    return absl::DataLossError(absl::StrCat("the snapshot at ", sequence, " has not the size that it should have"));
  }
  return ReadPart(*files_, PathOf(sequence), begin, row->size);
}

}  // namespace escrow::journal::rocks
