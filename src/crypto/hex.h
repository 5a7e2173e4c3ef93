#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace escrow::crypto {

// Lower-case hexadecimal, two digits a byte.
[[nodiscard]] std::string HexEncode(std::span<const std::uint8_t> bytes);

// The bytes of hexadecimal digits of either case; nothing for an odd number of digits or any other character.
[[nodiscard]] std::optional<std::string> HexDecode(std::string_view text);

}  // namespace escrow::crypto
