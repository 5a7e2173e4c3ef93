#include "vault/posix_disk.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"

namespace escrow::vault {
namespace {

absl::Status Error(std::string_view what, const std::string& path, int code) {
  const std::string text = absl::StrCat("cannot ", std::string(what), " ", path, ": ", std::strerror(code));
  if (code == ENOENT) {
    return absl::NotFoundError(text);
  }
  return code == ENOSPC || code == EDQUOT ? absl::ResourceExhaustedError(text) : absl::UnavailableError(text);
}

// An open file, closed at the end.
class Handle {
 public:
  explicit Handle(int number) : number_(number) {}
  ~Handle() {
    if (number_ >= 0) {
      close(number_);
    }
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  [[nodiscard]] bool good() const { return number_ >= 0; }
  [[nodiscard]] int number() const { return number_; }

 private:
  const int number_;
};

// Writes all of it at `offset`. False with errno set.
bool WriteAll(int file, std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno != EINTR) {
      return false;
    }
    if (written > 0) {
      offset += static_cast<std::uint64_t>(written);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  return true;
}

}  // namespace

absl::Status PosixDisk::Failure(std::string_view what, const std::string& path) const {
  return Error(what, absl::StrCat(folder_, "/", path), errno);
}

absl::StatusOr<std::unique_ptr<PosixDisk>> PosixDisk::Open(const std::string& folder) {
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return Error("make the folder", folder, errno);
  }
  const int handle = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) {
    return absl::UnavailableError(Error("open", folder, errno).message());
  }
  std::unique_ptr<PosixDisk> disk(new PosixDisk(folder, handle));
  if (flock(handle, LOCK_EX | LOCK_NB) != 0) {
    return absl::UnavailableError(absl::StrCat(folder, " is in use by another process"));
  }
  return disk;
}

PosixDisk::~PosixDisk() { close(handle_); }

absl::StatusOr<std::string> PosixDisk::Read(const std::string& path, std::uint64_t offset, std::size_t size) {
  const Handle file(openat(handle_, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.good()) {
    return Failure("open", path);
  }
  std::string bytes(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const ssize_t count = pread(file.number(), bytes.data() + got, size - got, static_cast<off_t>(offset + got));
    if (count < 0 && errno != EINTR) {
      return Failure("read", path);
    }
    if (count == 0) {
      break;
    }
    got += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  bytes.resize(got);
  return bytes;
}

absl::StatusOr<std::vector<std::string>> PosixDisk::List(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder_ + "/" + folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) {
    return Error("list", absl::StrCat(folder_, "/", folder), error.value());
  }
  std::ranges::sort(names);
  return names;
}

absl::Status PosixDisk::MakeFolder(const std::string& path) {
  return mkdirat(handle_, path.c_str(), 0700) == 0 || errno == EEXIST ? absl::OkStatus()
                                                                      : Failure("make the folder", path);
}

absl::Status PosixDisk::WriteFile(const std::string& path, std::string_view bytes) {
  const Handle file(openat(handle_, path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  const bool good = file.good() && WriteAll(file.number(), 0, bytes) && fsync(file.number()) == 0;
  return good ? absl::OkStatus() : Failure("write", path);
}

absl::Status PosixDisk::Overwrite(const std::string& path, std::uint64_t offset, std::string_view bytes) {
  const Handle file(openat(handle_, path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  const bool good = file.good() && WriteAll(file.number(), offset, bytes) && fsync(file.number()) == 0;
  return good ? absl::OkStatus() : Failure("write", path);
}

absl::Status PosixDisk::Rename(const std::string& from, const std::string& to) {
  return renameat(handle_, from.c_str(), handle_, to.c_str()) == 0 ? absl::OkStatus() : Failure("rename", from);
}

absl::Status PosixDisk::Remove(const std::string& path) {
  return unlinkat(handle_, path.c_str(), 0) == 0 || errno == ENOENT ? absl::OkStatus() : Failure("remove", path);
}

absl::Status PosixDisk::SyncFolder(const std::string& path) {
  const Handle folder(openat(handle_, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder.good() && fsync(folder.number()) == 0 ? absl::OkStatus() : Failure("sync the folder", path);
}

}  // namespace escrow::vault
