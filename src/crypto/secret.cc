#include "crypto/secret.h"

#include <utility>

#include "crypto/wipe.h"

namespace escrow::crypto {

// Copies rather than moves: moving a short string leaves its bytes behind.
Secret::Secret(std::string&& bytes) : bytes_(bytes) { Wipe(bytes); }

Secret::~Secret() { Wipe(bytes_); }

Secret::Secret(Secret&& other) noexcept : Secret(std::move(other.bytes_)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    Wipe(bytes_);
    bytes_ = other.bytes_;
    Wipe(other.bytes_);
  }
  return *this;
}

}  // namespace escrow::crypto
