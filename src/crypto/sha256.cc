#include "crypto/sha256.h"

#define OPENSSL_SUPPRESS_DEPRECATED  // see sha256.h
#include <openssl/sha.h>

#include "base/assert.h"

namespace escrow::crypto {

Sha256::Sha256() : context_(std::make_unique<SHA256_CTX>()) { Begin(); }

Sha256::~Sha256() = default;

void Sha256::Begin() {
  const int ok = SHA256_Init(context_.get());
  ESCROW_ASSERT(ok == 1);
}

void Sha256::Update(std::string_view piece) {
  const int ok = SHA256_Update(context_.get(), piece.data(), piece.size());
  ESCROW_ASSERT(ok == 1);
}

Digest Sha256::Finish() {
  Digest digest;
  const int ok = SHA256_Final(digest.data(), context_.get());
  ESCROW_ASSERT(ok == 1);
  Begin();
  return digest;
}

Digest Sha256::Hash(std::string_view data) {
  Update(data);
  return Finish();
}

Digest Sha256Of(std::string_view data) { return Sha256().Hash(data); }

}  // namespace escrow::crypto
