#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

struct SHA256state_st;  // OpenSSL's SHA256_CTX: its headers stay inside this folder

namespace escrow::crypto {

using Digest = std::array<std::uint8_t, 32>;

// SHA-256 (FIPS 180-4), in pieces or in one call.
//
// Uses the low-level functions of libcrypto, which OpenSSL 3 calls deprecated but has: behind its EVP interface half of
// the time of a short hash is spent before and after the hashing (docs/PERFORMANCE.md), and the log hashes two of them
// per event.
//
// Threading: not thread-safe; each thread has its own. Errors: none.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  // Adds a piece. The pieces' borders have no meaning.
  void Update(std::string_view piece);
  // The digest of the pieces since the last Finish; the next piece begins a new digest.
  [[nodiscard]] Digest Finish();

  // The digest of `data`. REQUIRES: no piece is waiting for Finish.
  [[nodiscard]] Digest Hash(std::string_view data);

 private:
  void Begin();

  const std::unique_ptr<SHA256state_st> context_;
};

// The digest of `data`, when it is needed once. Any thread.
[[nodiscard]] Digest Sha256Of(std::string_view data);

}  // namespace escrow::crypto
