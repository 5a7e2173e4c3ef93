#include "crypto/sha256.h"

#include <openssl/evp.h>

#include "base/assert.h"

namespace escrow::crypto {
namespace {

// Fetched once and kept until the process ends: fetching is what makes OpenSSL 3 slow on short inputs.
const EVP_MD* Algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  ESCROW_ASSERT(algorithm != nullptr);
  return algorithm;
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  ESCROW_ASSERT(context_ != nullptr);
  Begin();
}

Sha256::~Sha256() { EVP_MD_CTX_free(context_); }

void Sha256::Begin() {
  const int ok = EVP_DigestInit_ex2(context_, Algorithm(), nullptr);
  ESCROW_ASSERT(ok == 1);
}

void Sha256::Update(std::string_view piece) {
  const int ok = EVP_DigestUpdate(context_, piece.data(), piece.size());
  ESCROW_ASSERT(ok == 1);
}

Digest Sha256::Finish() {
  Digest digest;
  unsigned int size = 0;
  const int ok = EVP_DigestFinal_ex(context_, digest.data(), &size);
  ESCROW_ASSERT(ok == 1);
  ESCROW_ASSERT(size == digest.size());
  Begin();
  return digest;
}

Digest Sha256::Hash(std::string_view data) {
  Update(data);
  return Finish();
}

Digest Sha256Of(std::string_view data) { return Sha256().Hash(data); }

}  // namespace escrow::crypto
