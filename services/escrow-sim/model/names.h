#pragma once

#include <optional>
#include <string>
#include <string_view>

// The forms of names and ids as docs/DATA_FORMATS.md states them, spelled out as regular expressions would.
namespace escrow::model {

// [a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?
[[nodiscard]] bool IsId(std::string_view text);
// A UUID in lower case.
[[nodiscard]] bool IsUuid(std::string_view text);
// 1 to `bytes_max` bytes of printable ASCII, no space at the ends.
[[nodiscard]] bool IsReference(std::string_view text, std::size_t bytes_max);

// A name of the form platforms/{platform}/{collection}/{id}, taken apart.
struct Name {
  std::string platform;
  std::string id;
};
[[nodiscard]] std::optional<Name> ReadName(const std::string& text, std::string_view collection);
// The id in "{collection}/{id}".
[[nodiscard]] std::optional<std::string> ReadTopName(const std::string& text, std::string_view collection);

[[nodiscard]] std::string MakeName(const std::string& platform, std::string_view collection, const std::string& id);

}  // namespace escrow::model
