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

}  // namespace

AppendFile::AppendFile(std::string path, int descriptor, std::uint64_t size)
    : path_(std::move(path)), descriptor_(descriptor), written_(size) {}

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
  const absl::Status status = WriteAll(descriptor_, path_, buffer_, written_);
  if (status.ok()) {
    written_ += buffer_.size();
    buffer_.clear();
  }
  return status;
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
