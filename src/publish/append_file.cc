#include "publish/append_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "publish/durable_file.h"

namespace escrow::publish {
namespace {

constexpr int kFileMode = 0600;
constexpr std::uint64_t kCachedBytes = 8 << 20;
// In parts of this size a file leaves the system's cache; whole pages, whatever their size.
constexpr std::uint64_t kForgottenBytes = 1 << 20;

}  // namespace

AppendFile::AppendFile(std::string path, int descriptor, std::uint64_t size)
    : path_(std::move(path)),
      descriptor_(descriptor),
      written_(size),
      forgotten_(size / kForgottenBytes * kForgottenBytes) {}

AppendFile::~AppendFile() { close(descriptor_); }

absl::StatusOr<std::unique_ptr<AppendFile>> AppendFile::Open(const std::string& path, std::uint64_t size) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode);
  if (descriptor < 0) {
    return FileError("open", path);
  }
  std::unique_ptr<AppendFile> file(new AppendFile(path, descriptor, size));
  struct stat info{};
  if (fstat(descriptor, &info) != 0) {
    return FileError("look at", path);
  }
  if (static_cast<std::uint64_t>(info.st_size) < size) {
    return absl::DataLossError(absl::StrCat(path, " has ", info.st_size, " bytes, but it had ", size));
  }
  return file;
}

absl::Status AppendFile::Flush() {
  if (buffer_.empty()) {
    return absl::OkStatus();
  }
  if (absl::Status status = WriteAll(descriptor_, path_, buffer_, written_); !status.ok()) {
    return status;
  }
  written_ += buffer_.size();
  buffer_.clear();
  LetDiskWrite();
  return absl::OkStatus();
}

// Only what is on the disk can leave the cache, and what is told to leave was sent there many flushes ago. Both are
// wishes: whether the file is durable is what Sync says.
void AppendFile::LetDiskWrite() {
  constexpr off64_t kToItsEnd = 0;
  (void)sync_file_range(descriptor_, static_cast<off64_t>(forgotten_), kToItsEnd, SYNC_FILE_RANGE_WRITE);
  if (written_ < forgotten_ + kCachedBytes + kForgottenBytes) {
    return;
  }
  const std::uint64_t end = (written_ - kCachedBytes) / kForgottenBytes * kForgottenBytes;
  (void)posix_fadvise(descriptor_, static_cast<off_t>(forgotten_), static_cast<off_t>(end - forgotten_),
                      POSIX_FADV_DONTNEED);
  forgotten_ = end;
}

absl::Status AppendFile::Sync() { return fdatasync(descriptor_) == 0 ? absl::OkStatus() : FileError("sync", path_); }

absl::StatusOr<std::string> AppendFile::Read(std::uint64_t offset, std::size_t count) const {
  std::string bytes(count, '\0');
  if (absl::Status status = ReadAll(descriptor_, path_, bytes, offset); !status.ok()) {
    return status;
  }
  if (bytes.size() < count) {
    return absl::DataLossError(
        absl::StrCat(path_, " ends at byte ", offset + bytes.size(), ", ", count, " bytes are needed from ", offset));
  }
  return bytes;
}

}  // namespace escrow::publish
