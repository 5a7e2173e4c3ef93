#pragma once

#include <array>
#include <cstdint>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX: its headers stay inside this folder

namespace escrow::crypto {

using Digest = std::array<std::uint8_t, 32>;

// SHA-256 (FIPS 180-4), in pieces or in one call.
//
// Keep an object and use it again: the algorithm is looked up once per process and the context once per object, which
// is three times faster on short inputs than OpenSSL's one-call functions (architecture.md §3.9).
//
// Threading: not thread-safe; each thread has its own. Errors: none; OpenSSL failing to hash stops the process.
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

  evp_md_ctx_st* context_;
};

// The digest of `data`, when it is needed once. Any thread.
[[nodiscard]] Digest Sha256Of(std::string_view data);

}  // namespace escrow::crypto
