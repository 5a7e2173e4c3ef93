#include "crypto/random.h"

#include <openssl/rand.h>

#include "base/assert.h"

namespace escrow::crypto {

std::string RandomBytes(std::size_t size) {
  ESCROW_ASSERT(size <= 4'096);  // keys and names, not bulk data
  unsigned char buffer[4'096];
  const int ok = RAND_bytes(buffer, static_cast<int>(size));
  ESCROW_ASSERT(ok == 1);
  std::string bytes(buffer, buffer + size);
  return bytes;
}

}  // namespace escrow::crypto
