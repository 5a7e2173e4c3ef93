#include "journal/rocks/anchor.h"

#include <array>
#include <filesystem>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "journal/crc32c.h"
#include "journal/rocks/database.h"
#include "journal/rocks/format.h"

namespace escrow::journal::rocks {
namespace {

constexpr std::string_view kMagic("escrow-anchor-1\0", 16);
constexpr std::size_t kSlotBytes = 512;
constexpr std::uint64_t kSlotDistance = 4'096;

// Slots are written in turns.
std::uint64_t OffsetOf(std::uint64_t turn) { return turn % 2 == 0 ? 0 : kSlotDistance; }

// A whole new file with these contents, durable but for its name.
rocksdb::IOStatus WriteFile(rocksdb::FileSystem& files, const std::string& path, const std::string& bytes) {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  rocksdb::IOStatus status = files.NewWritableFile(path, rocksdb::FileOptions(), &file, nullptr);
  if (status.ok()) {
    status = file->Append(Slice(bytes), {}, nullptr);
  }
  if (status.ok()) {
    status = file->Fsync({}, nullptr);
  }
  if (status.ok()) {
    status = file->Close({}, nullptr);
  }
  return status;
}

}  // namespace

std::string Anchor::EncodeSlot(const Slot& slot) {
  std::string bytes(kMagic);
  AppendBe64(bytes, slot.turn);
  AppendBe64(bytes, slot.tail.sequence);
  AppendHash(bytes, slot.tail.root);
  AppendBe32(bytes, Crc32c(0, bytes));
  bytes.resize(kSlotBytes, '\0');
  return bytes;
}

absl::StatusOr<Anchor::Slot> Anchor::ReadNewest(const FileSystem& files, const std::string& path) {
  std::unique_ptr<rocksdb::FSRandomAccessFile> file;
  rocksdb::IOStatus opened = files->NewRandomAccessFile(path, rocksdb::FileOptions(), &file, nullptr);
  if (!opened.ok()) {
    return opened.IsPathNotFound() ? absl::NotFoundError(absl::StrCat("there is no anchor ", path))
                                   : Convert(opened, absl::StrCat("cannot open the anchor ", path));
  }
  std::optional<Slot> newest;
  for (const std::uint64_t turn : {0U, 1U}) {
    std::array<char, kSlotBytes> scratch{};
    rocksdb::Slice got;
    const rocksdb::IOStatus read =
        file->Read(OffsetOf(turn), scratch.size(), rocksdb::IOOptions(), &got, scratch.data(), nullptr);
    if (!read.ok()) {
      return Convert(read, absl::StrCat("cannot read the anchor ", path));
    }
    const std::string_view bytes = View(got);
    if (!bytes.starts_with(kMagic)) {
      continue;
    }
    Cursor cursor(bytes.substr(kMagic.size()));
    Slot slot;
    slot.turn = cursor.Be64();
    slot.tail.sequence = cursor.Be64();
    slot.tail.root = cursor.TakeHash();
    const std::string_view body = bytes.substr(0, bytes.size() - cursor.rest().size());
    if (cursor.Be32() == Crc32c(0, body) && cursor.ok() && (!newest || slot.turn > newest->turn)) {
      newest = slot;
    }
  }
  if (!newest) {
    return absl::DataLossError(absl::StrCat("the anchor ", path, " is damaged"));
  }
  return *newest;
}

absl::StatusOr<Tail> Anchor::Read(const FileSystem& files, const std::string& path) {
  const absl::StatusOr<Slot> slot = ReadNewest(files, path);
  if (!slot.ok()) {
    return slot.status();
  }
  return slot->tail;
}

absl::StatusOr<Anchor> Anchor::Open(const FileSystem& files, const std::string& path) {
  const absl::StatusOr<Slot> slot = ReadNewest(files, path);
  if (!slot.ok()) {
    return slot.status();
  }
  Anchor anchor(*slot);
  anchor.files_ = files;
  const rocksdb::IOStatus status = files->NewRandomRWFile(path, rocksdb::FileOptions(), &anchor.file_, nullptr);
  if (!status.ok()) {
    return Convert(status, absl::StrCat("cannot open the anchor ", path));
  }
  return anchor;
}

absl::StatusOr<Anchor> Anchor::Create(const FileSystem& files, const std::string& path, const Tail& tail) {
  // Both slots, so that the file has its full size and later writes need no room.
  std::string bytes = EncodeSlot({.turn = 2, .tail = tail});
  bytes.resize(kSlotDistance, '\0');
  bytes += EncodeSlot({.turn = 1, .tail = tail});
  const std::string draft = path + ".new";
  rocksdb::IOStatus status = WriteFile(*files, draft, bytes);
  if (status.ok()) {
    status = files->RenameFile(draft, path, rocksdb::IOOptions(), nullptr);
  }
  if (!status.ok()) {
    return Convert(status, absl::StrCat("cannot create the anchor ", path));
  }
  if (absl::Status synced = SyncFolder(*files, std::filesystem::path(path).parent_path().string()); !synced.ok()) {
    return synced;
  }
  return Open(files, path);
}

absl::Status Anchor::Write(const Tail& tail) {
  const Slot slot{.turn = slot_.turn + 1, .tail = tail};
  const std::string bytes = EncodeSlot(slot);
  rocksdb::IOStatus status = file_->Write(OffsetOf(slot.turn), Slice(bytes), rocksdb::IOOptions(), nullptr);
  if (status.ok()) {
    status = file_->Sync(rocksdb::IOOptions(), nullptr);
  }
  if (!status.ok()) {
    return Convert(status, "cannot write the anchor");
  }
  slot_ = slot;
  return absl::OkStatus();
}

absl::Status SyncFolder(rocksdb::FileSystem& files, const std::string& folder) {
  std::unique_ptr<rocksdb::FSDirectory> directory;
  rocksdb::IOStatus status = files.NewDirectory(folder, rocksdb::IOOptions(), &directory, nullptr);
  if (status.ok()) {
    status = directory->Fsync(rocksdb::IOOptions(), nullptr);
  }
  return Convert(status, absl::StrCat("cannot sync the folder ", folder));
}

}  // namespace escrow::journal::rocks
