#include "vault/key_wrapper.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "crypto/aes_gcm.h"

namespace escrow::vault {
namespace {

// What is wrong with the file; empty when nothing is.
std::string FaultOf(const struct stat& file) {
  if (!S_ISREG(file.st_mode)) {
    return "is not a file";
  }
  if (file.st_uid != geteuid()) {
    return "belongs to another user";
  }
  if ((file.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return "can be read or written by others than its owner: chmod 600";
  }
  if (file.st_size != static_cast<off_t>(crypto::kAesKeyBytes)) {
    return absl::StrCat("has ", file.st_size, " bytes and must have ", crypto::kAesKeyBytes, " random ones");
  }
  return "";
}

}  // namespace

absl::StatusOr<KeyWrapper> KeyWrapper::Load(const std::string& path) {
  const int handle = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (handle < 0) {
    const std::string text = absl::StrCat("cannot open the key file ", path, ": ", std::strerror(errno));
    return errno == ENOENT ? absl::NotFoundError(text) : absl::FailedPreconditionError(text);
  }
  struct stat file{};
  std::string key(crypto::kAesKeyBytes, '\0');
  std::string fault = fstat(handle, &file) == 0 ? FaultOf(file) : "cannot be examined";
  if (fault.empty() && read(handle, key.data(), key.size()) != static_cast<ssize_t>(key.size())) {
    fault = "cannot be read";
  }
  close(handle);
  if (!fault.empty()) {
    return absl::FailedPreconditionError(absl::StrCat("the key file ", path, " ", fault));
  }
  return KeyWrapper(crypto::Secret(std::move(key)));
}

std::string KeyWrapper::Wrap(std::string_view secret, std::string_view context) const {
  return crypto::Seal(key_.bytes(), secret, context);
}

std::optional<crypto::Secret> KeyWrapper::Unwrap(std::string_view wrapped, std::string_view context) const {
  std::optional<std::string> bytes = crypto::Open(key_.bytes(), wrapped, context);
  return bytes ? std::optional(crypto::Secret(*std::move(bytes))) : std::nullopt;
}

}  // namespace escrow::vault
