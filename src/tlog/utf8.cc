#include "tlog/utf8.h"

#include <bit>
#include <cstddef>
#include <cstdint>

namespace escrow::tlog {

std::optional<char32_t> TakeCharacter(std::string_view& text) {
  if (text.empty()) {
    return std::nullopt;
  }
  const auto first = static_cast<std::uint8_t>(text[0]);
  if (first < 0x80) {
    text.remove_prefix(1);
    return first;
  }
  const auto length = static_cast<std::size_t>(std::countl_one(first));
  if (length < 2 || length > 4 || text.size() < length) {
    return std::nullopt;
  }
  char32_t character = first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<std::uint8_t>(text[i]);
    if ((next & 0xc0) != 0x80) {
      return std::nullopt;
    }
    character = character << 6 | (next & 0x3fU);
  }
  static constexpr char32_t kSmallest[] = {0x80, 0x800, 0x10000};  // that needs 2, 3, 4 bytes
  if (character < kSmallest[length - 2] || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff)) {
    return std::nullopt;
  }
  text.remove_prefix(length);
  return character;
}

bool IsSpace(char32_t character) {
  switch (character) {
    case 0x0020:
    case 0x0085:
    case 0x00a0:
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x202f:
    case 0x205f:
    case 0x3000:
      return true;
    default:
      return (character >= 0x0009 && character <= 0x000d) || (character >= 0x2000 && character <= 0x200a);
  }
}

}  // namespace escrow::tlog
