#include "publish/key_file.h"

#include <sys/stat.h>

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/wipe.h"
#include "publish/durable_file.h"

namespace escrow::publish {
namespace {

constexpr std::size_t kKeyBytesMax = 4'096;
constexpr mode_t kOthersMode = 0077;

}  // namespace

absl::StatusOr<std::optional<tlog::SignerKey>> ReadKey(const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path, kKeyBytesMax);
  if (absl::IsNotFound(text.status())) {
    return std::nullopt;
  }
  if (!text.ok()) {
    return text.status();
  }
  struct stat info{};
  if (stat(path.c_str(), &info) != 0 || (info.st_mode & kOthersMode) != 0) {
    crypto::Wipe(*text);
    return absl::FailedPreconditionError(absl::StrCat("others may read the private key ", path, ": chmod 600 it"));
  }
  std::string_view line = *text;
  if (line.ends_with('\n')) {
    line.remove_suffix(1);
  }
  absl::StatusOr<tlog::SignerKey> key = tlog::SignerKey::Parse(line);
  crypto::Wipe(*text);
  if (!key.ok()) {
    return absl::DataLossError(absl::StrCat(path, " holds no private key: ", key.status().message()));
  }
  return std::optional<tlog::SignerKey>(*std::move(key));
}

absl::Status WriteKey(const std::string& path, const tlog::SignerKey& key) {
  std::string text = key.Format() + "\n";
  const absl::Status status = ReplaceFile(path, text);
  crypto::Wipe(text);
  return status;
}

absl::StatusOr<tlog::SignerKey> ReadOrMakeKey(const std::string& path, const std::string& name,
                                              tlog::SignatureType type) {
  absl::StatusOr<std::optional<tlog::SignerKey>> found = ReadKey(path);
  if (!found.ok()) {
    return found.status();
  }
  if (!found->has_value()) {
    tlog::SignerKey made = tlog::SignerKey::Generate(name, type);
    if (absl::Status status = WriteKey(path, made); !status.ok()) {
      return status;
    }
    return made;
  }
  if ((*found)->name() != name || (*found)->type() != type) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is the key of ", (*found)->name(), " or of another kind; ", name, " is configured"));
  }
  return **std::move(found);
}

}  // namespace escrow::publish
