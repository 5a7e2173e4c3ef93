#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// Base 64 with the standard alphabet and padding (RFC 4648 section 4).
namespace escrow::crypto {

[[nodiscard]] std::string Base64Encode(std::span<const std::uint8_t> bytes);
[[nodiscard]] std::string Base64Encode(std::string_view bytes);

// The bytes, of the one text that Base64Encode gives for them; nothing for any other text. So there is no white space,
// the padding is complete and the bits under it are zero (RFC 4648 section 3.5).
[[nodiscard]] std::optional<std::string> Base64Decode(std::string_view text);

}  // namespace escrow::crypto
