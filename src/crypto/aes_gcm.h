#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// AES-256-GCM (NIST SP 800-38D) with nonces of 96 bits and tags of 128. Any thread.
namespace escrow::crypto {

inline constexpr std::size_t kAesKeyBytes = 32;
inline constexpr std::size_t kGcmNonceBytes = 12;
inline constexpr std::size_t kGcmTagBytes = 16;
// By how much a sealed message is longer than the plain one.
inline constexpr std::size_t kSealBytes = kGcmNonceBytes + kGcmTagBytes;

// nonce | ciphertext | tag, under a fresh random nonce. `context` is authenticated and not part of the result: who
// opens must say the same. Random nonces allow 2^32 messages under one key (SP 800-38D section 8.3). REQUIRES: a key of
// 32 bytes; message and context below 2 GiB.
[[nodiscard]] std::string Seal(std::string_view key, std::string_view message, std::string_view context);

// The message; nothing when the key, the context or a bit of `sealed` is not that of Seal. REQUIRES: a key of 32 bytes.
[[nodiscard]] std::optional<std::string> Open(std::string_view key, std::string_view sealed, std::string_view context);

// Seal under a given nonce, for published vectors. A nonce must never be used twice with one key. REQUIRES: 12 bytes.
[[nodiscard]] std::string SealWithNonce(std::string_view key, std::string_view nonce, std::string_view message,
                                        std::string_view context);

}  // namespace escrow::crypto
