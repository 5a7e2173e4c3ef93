#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/secret.h"

namespace escrow::vault {

// KeyWrapper: wraps the keys of the vault under a key that is kept elsewhere. Any thread.
class KeyWrapper {
 public:
  // The key of a file: exactly 32 bytes, a regular file that only its owner, who runs this process, can read or write.
  // FAILED_PRECONDITION when it is anything else, NOT_FOUND when there is none; the message says what to do.
  [[nodiscard]] static absl::StatusOr<KeyWrapper> Load(const std::string& path);

  // `context` says what the key is for; Unwrap must be given the same.
  [[nodiscard]] std::string Wrap(std::string_view secret, std::string_view context) const;
  // Nothing when it was wrapped under another key, for something else, or was changed since.
  [[nodiscard]] std::optional<crypto::Secret> Unwrap(std::string_view wrapped, std::string_view context) const;

 private:
  explicit KeyWrapper(crypto::Secret key) : key_(std::move(key)) {}

  crypto::Secret key_;
};

}  // namespace escrow::vault
