#include "publish/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace escrow::publish {
namespace {

constexpr int kFileMode = 0600;

// Closes the descriptor at the end of a scope.
class Closer {
 public:
  explicit Closer(int descriptor) : descriptor_(descriptor) {}
  ~Closer() { close(descriptor_); }
  Closer(const Closer&) = delete;
  Closer& operator=(const Closer&) = delete;

 private:
  const int descriptor_;
};

absl::Status SyncFolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int descriptor = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    return FileError("open the folder", folder);
  }
  const Closer closer(descriptor);
  return fsync(descriptor) == 0 ? absl::OkStatus() : FileError("sync the folder", folder);
}

}  // namespace

absl::Status FileError(std::string_view what, const std::string& path) {
  const std::error_code error(errno, std::generic_category());
  const std::string text =
      absl::StrCat("cannot ", absl::string_view(what.data(), what.size()), " ", path, ": ", error.message());
  return error == std::errc::no_such_file_or_directory ? absl::NotFoundError(text) : absl::UnavailableError(text);
}

absl::Status WriteAll(int descriptor, const std::string& path, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t count = pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return FileError("write", path);
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return absl::OkStatus();
}

absl::Status ReadAll(int descriptor, const std::string& path, std::string& bytes, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count =
        pread(descriptor, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return FileError("read", path);
    }
    if (count == 0) {
      break;
    }
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return absl::OkStatus();
}

absl::Status ReplaceFile(const std::string& path, std::string_view bytes) {
  const std::string draft = path + ".draft";
  const int descriptor = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode);
  if (descriptor < 0) {
    return FileError("open", draft);
  }
  {
    const Closer closer(descriptor);
    if (absl::Status status = WriteAll(descriptor, draft, bytes, 0); !status.ok()) {
      return status;
    }
    if (fsync(descriptor) != 0) {
      return FileError("sync", draft);
    }
  }
  if (rename(draft.c_str(), path.c_str()) != 0) {
    return FileError("replace", path);
  }
  return SyncFolderOf(path);
}

absl::StatusOr<std::string> ReadFile(const std::string& path, std::size_t bytes_max) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return FileError("open", path);
  }
  const Closer closer(descriptor);
  std::string bytes(bytes_max + 1, '\0');
  if (absl::Status status = ReadAll(descriptor, path, bytes, 0); !status.ok()) {
    return status;
  }
  if (bytes.size() > bytes_max) {
    return absl::DataLossError(absl::StrCat(path, " is larger than ", bytes_max, " bytes"));
  }
  return bytes;
}

}  // namespace escrow::publish
