#pragma once

#include <string_view>

#include "crypto/sha256.h"

namespace escrow::crypto {

// HMAC-SHA256 (RFC 2104, FIPS 198-1) of `message` under a key of any length. Any thread. Errors: none.
[[nodiscard]] Digest HmacSha256(std::string_view key, std::string_view message);

}  // namespace escrow::crypto
