#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

struct evp_pkey_st;  // OpenSSL's EVP_PKEY: its headers stay inside this folder

// Ed25519 signatures (RFC 8032 section 5.1, without context and without pre-hash).
namespace escrow::crypto {

using Ed25519Seed = std::array<std::uint8_t, 32>;
using Ed25519PublicKey = std::array<std::uint8_t, 32>;
using Ed25519Signature = std::array<std::uint8_t, 64>;

// A private key. Owns its secret and wipes it at the end. Any thread may sign with it at any time. Errors: none.
class Ed25519PrivateKey {
 public:
  // The key of a seed, which is what RFC 8032 calls the private key. The caller wipes its own copy (crypto/wipe.h).
  [[nodiscard]] static Ed25519PrivateKey FromSeed(std::span<const std::uint8_t, 32> seed);
  // A key that nobody has had before.
  [[nodiscard]] static Ed25519PrivateKey Generate();

  [[nodiscard]] Ed25519Signature Sign(std::string_view message) const;

  [[nodiscard]] const Ed25519PublicKey& public_key() const { return public_key_; }
  // A copy of the secret, to be written down; the caller wipes it.
  [[nodiscard]] Ed25519Seed seed() const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };

  explicit Ed25519PrivateKey(evp_pkey_st* key);

  std::unique_ptr<evp_pkey_st, Free> key_;
  Ed25519PublicKey public_key_;
};

// Whether `signature` is one of `message` by the owner of `key`. False also for a key that is no point of the curve.
// Any thread.
[[nodiscard]] bool Ed25519Verify(const Ed25519PublicKey& key, std::string_view message,
                                 std::span<const std::uint8_t, 64> signature);

}  // namespace escrow::crypto
