#include "crypto/wipe.h"

#include <openssl/crypto.h>

namespace escrow::crypto {

void Wipe(std::span<std::uint8_t> secret) { OPENSSL_cleanse(secret.data(), secret.size()); }

void Wipe(std::string& secret) {
  secret.resize(secret.capacity());
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

}  // namespace escrow::crypto
