#include "model/names.h"

#include <cctype>
#include <vector>

namespace escrow::model {
namespace {

bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

std::vector<std::string> SplitAtSlashes(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '/') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace

bool IsId(std::string_view text) {
  if (text.empty() || text.size() > 63) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool at_end = i == 0 || i + 1 == text.size();
    if (!IsLowerOrDigit(text[i]) && (at_end || text[i] != '-')) {
      return false;
    }
  }
  return true;
}

bool IsUuid(std::string_view text) {
  const std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != form.size()) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (form[i] == 'x' ? !digit : text[i] != '-') {
      return false;
    }
  }
  return true;
}

bool IsReference(std::string_view text, std::size_t bytes_max) {
  if (text.empty() || text.size() > bytes_max || text.front() == ' ' || text.back() == ' ') {
    return false;
  }
  for (const char c : text) {
    if (c < 0x20 || c > 0x7e) {
      return false;
    }
  }
  return true;
}

std::optional<Name> ReadName(const std::string& text, std::string_view collection) {
  const std::vector<std::string> parts = SplitAtSlashes(text);
  if (parts.size() != 4 || parts[0] != "platforms" || parts[2] != collection || !IsId(parts[1]) || !IsId(parts[3])) {
    return std::nullopt;
  }
  return Name{.platform = parts[1], .id = parts[3]};
}

std::optional<std::string> ReadTopName(const std::string& text, std::string_view collection) {
  const std::vector<std::string> parts = SplitAtSlashes(text);
  if (parts.size() != 2 || parts[0] != collection || !IsId(parts[1])) {
    return std::nullopt;
  }
  return parts[1];
}

std::string MakeName(const std::string& platform, std::string_view collection, const std::string& id) {
  return "platforms/" + platform + "/" + std::string(collection) + "/" + id;
}

}  // namespace escrow::model
