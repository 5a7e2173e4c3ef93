#include "crypto/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/assert.h"

namespace escrow::crypto {

Digest HmacSha256(std::string_view key, std::string_view message) {
  Digest digest;
  unsigned int size = 0;
  const unsigned char* done =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(), &size);
  ESCROW_ASSERT(done != nullptr && size == digest.size());
  return digest;
}

}  // namespace escrow::crypto
