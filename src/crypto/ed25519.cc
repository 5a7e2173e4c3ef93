#include "crypto/ed25519.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "base/assert.h"
#include "crypto/random.h"
#include "crypto/wipe.h"

namespace escrow::crypto {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

Context NewContext() {
  Context context(EVP_MD_CTX_new());
  ESCROW_ASSERT(context != nullptr);
  return context;
}

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

void Ed25519PrivateKey::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }  // which wipes it

Ed25519PrivateKey::Ed25519PrivateKey(evp_pkey_st* key) : key_(key) {
  ESCROW_ASSERT(key != nullptr);
  std::size_t size = public_key_.size();
  const int ok = EVP_PKEY_get_raw_public_key(key, public_key_.data(), &size);
  ESCROW_ASSERT(ok == 1 && size == public_key_.size());
}

Ed25519PrivateKey Ed25519PrivateKey::FromSeed(std::span<const std::uint8_t, 32> seed) {
  return Ed25519PrivateKey(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
}

Ed25519PrivateKey Ed25519PrivateKey::Generate() {
  std::string random = RandomBytes(sizeof(Ed25519Seed));
  Ed25519Seed seed;
  std::copy(random.begin(), random.end(), seed.begin());
  Wipe(random);
  Ed25519PrivateKey key = FromSeed(seed);
  Wipe(seed);
  return key;
}

Ed25519Signature Ed25519PrivateKey::Sign(std::string_view message) const {
  const Context context = NewContext();
  Ed25519Signature signature;
  std::size_t size = signature.size();
  const int begun = EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get());
  ESCROW_ASSERT(begun == 1);
  const int ok = EVP_DigestSign(context.get(), signature.data(), &size, Bytes(message), message.size());
  ESCROW_ASSERT(ok == 1 && size == signature.size());
  return signature;
}

Ed25519Seed Ed25519PrivateKey::seed() const {
  Ed25519Seed seed;
  std::size_t size = seed.size();
  const int ok = EVP_PKEY_get_raw_private_key(key_.get(), seed.data(), &size);
  ESCROW_ASSERT(ok == 1 && size == seed.size());
  return seed;
}

bool Ed25519Verify(const Ed25519PublicKey& key, std::string_view message, std::span<const std::uint8_t, 64> signature) {
  EVP_PKEY* const raw = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size());
  ESCROW_ASSERT(raw != nullptr);
  const Context context = NewContext();
  const int begun = EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, raw);
  ESCROW_ASSERT(begun == 1);
  const int ok = EVP_DigestVerify(context.get(), signature.data(), signature.size(), Bytes(message), message.size());
  EVP_PKEY_free(raw);
  ERR_clear_error();  // a bad signature leaves one, and it must not be taken for the next call's
  return ok == 1;
}

}  // namespace escrow::crypto
