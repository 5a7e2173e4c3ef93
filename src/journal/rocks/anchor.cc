#include "journal/rocks/anchor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "journal/crc32c.h"
#include "journal/rocks/format.h"

namespace escrow::journal::rocks {
namespace {

constexpr std::string_view kMagic("escrow-anchor-1\0", 16);
constexpr std::size_t kSlotBytes = 512;
constexpr off_t kSlotDistance = 4'096;

struct Slot {
  std::uint64_t turn = 0;
  Tail tail;
};

std::string EncodeSlot(const Slot& slot) {
  std::string bytes(kMagic);
  AppendBe64(bytes, slot.turn);
  AppendBe64(bytes, slot.tail.sequence);
  AppendHash(bytes, slot.tail.root);
  AppendBe32(bytes, Crc32c(0, bytes));
  bytes.resize(kSlotBytes, '\0');
  return bytes;
}

std::optional<Slot> DecodeSlot(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) {
    return std::nullopt;
  }
  Cursor cursor(bytes.substr(kMagic.size()));
  Slot slot;
  slot.turn = cursor.Be64();
  slot.tail.sequence = cursor.Be64();
  slot.tail.root = cursor.TakeHash();
  const std::string_view body = bytes.substr(0, bytes.size() - cursor.rest().size());
  if (cursor.Be32() != Crc32c(0, body) || !cursor.ok()) {
    return std::nullopt;
  }
  return slot;
}

absl::Status Errno(const char* doing, const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot ", doing, " ", path));
}

// A new file is durable only when its directory is.
absl::Status SyncDirectoryOf(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  const int file = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) {
    return Errno("open", directory);
  }
  const int result = fsync(file);
  const absl::Status status = result == 0 ? absl::OkStatus() : Errno("sync", directory);
  close(file);
  return status;
}

}  // namespace

absl::StatusOr<Anchor> Anchor::Open(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) {
    return Errno("open the anchor", path);
  }
  Anchor anchor(file);
  std::optional<Slot> newest;
  for (const off_t offset : {off_t{0}, kSlotDistance}) {
    std::array<char, kSlotBytes> bytes{};
    const ssize_t got = pread(file, bytes.data(), bytes.size(), offset);
    if (got < 0) {
      return Errno("read the anchor", path);
    }
    const std::optional<Slot> slot = DecodeSlot({bytes.data(), static_cast<std::size_t>(got)});
    if (slot && (!newest || slot->turn > newest->turn)) {
      newest = slot;
    }
  }
  if (!newest) {
    return absl::DataLossError(absl::StrCat("the anchor ", path, " is damaged"));
  }
  anchor.turn_ = newest->turn;
  anchor.tail_ = newest->tail;
  return anchor;
}

absl::StatusOr<Anchor> Anchor::Create(const std::string& path, const Tail& tail) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (file < 0) {
    return Errno("create the anchor", path);
  }
  Anchor anchor(file);
  // Both slots, so that the file has its full size and later writes need no room.
  for (int slot = 0; slot < 2; ++slot) {
    if (absl::Status status = anchor.Write(tail); !status.ok()) {
      return status;
    }
  }
  if (absl::Status status = SyncDirectoryOf(path); !status.ok()) {
    return status;
  }
  return anchor;
}

Anchor::Anchor(Anchor&& other) noexcept
    : file_(std::exchange(other.file_, -1)), turn_(other.turn_), tail_(other.tail_) {}

Anchor& Anchor::operator=(Anchor&& other) noexcept {
  std::swap(file_, other.file_);
  turn_ = other.turn_;
  tail_ = other.tail_;
  return *this;
}

Anchor::~Anchor() {
  if (file_ >= 0) {
    close(file_);
  }
}

absl::Status Anchor::Write(const Tail& tail) {
  ESCROW_ASSERT(file_ >= 0);
  const Slot slot{.turn = turn_ + 1, .tail = tail};
  const std::string bytes = EncodeSlot(slot);
  const off_t offset = slot.turn % 2 == 0 ? 0 : kSlotDistance;
  const ssize_t written = pwrite(file_, bytes.data(), bytes.size(), offset);
  if (written != static_cast<ssize_t>(bytes.size())) {
    return written < 0 ? Errno("write", "the anchor") : absl::UnknownError("the anchor was written only in part");
  }
  if (fdatasync(file_) != 0) {
    return Errno("sync", "the anchor");
  }
  turn_ = slot.turn;
  tail_ = tail;
  return absl::OkStatus();
}

}  // namespace escrow::journal::rocks
