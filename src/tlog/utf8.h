#pragma once

#include <optional>
#include <string_view>

namespace escrow::tlog {

// Takes the first character off a text in UTF-8 (RFC 3629: the shortest form, no surrogates, at most U+10FFFF); nothing
// when there is none or it is malformed, and then the text is as it was. Any thread.
[[nodiscard]] std::optional<char32_t> TakeCharacter(std::string_view& text);

// Whether Unicode counts the character as white space (its property White_Space).
[[nodiscard]] bool IsSpace(char32_t character);

}  // namespace escrow::tlog
