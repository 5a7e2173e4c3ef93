#include "tlog/fields.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "absl/strings/string_view.h"
#include "crypto/base64.h"
#include "tlog/proof.h"

namespace escrow::tlog {

std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (text.empty() || !digits || (text.size() > 1 && text[0] == '0')) {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number >> 63 != 0) {
    return std::nullopt;
  }
  return number;
}

std::string FormatHash(const Hash& hash) { return crypto::Base64Encode(hash); }

std::optional<Hash> ParseHash(std::string_view text) {
  const std::optional<std::string> bytes = crypto::Base64Decode(text);
  Hash hash;
  if (!bytes.has_value() || bytes->size() != hash.size()) {
    return std::nullopt;
  }
  std::copy(bytes->begin(), bytes->end(), hash.begin());
  return hash;
}

std::optional<std::string_view> TakeLine(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

absl::StatusOr<std::vector<Hash>> TakeHashes(std::string_view what, std::string_view& rest) {
  std::vector<Hash> hashes;
  for (;;) {
    const std::optional<std::string_view> line = TakeLine(rest);
    if (!line.has_value()) {
      return Malformed(std::string(what) + " has no empty line after its hashes");
    }
    if (line->empty()) {
      return hashes;
    }
    const std::optional<Hash> hash = ParseHash(*line);
    if (!hash.has_value()) {
      return Malformed(std::string(what) + ": " + Quoted(*line) + " is not a hash in base 64");
    }
    if (hashes.size() == kProofHashesMax) {
      return Malformed(std::string(what) + " has more than " + std::to_string(kProofHashesMax) + " hashes");
    }
    hashes.push_back(*hash);
  }
}

std::string Quoted(std::string_view text) {
  static constexpr std::size_t kShownMax = 80;
  std::string quoted = "'";
  for (const char c : text.substr(0, kShownMax)) {
    quoted.push_back(c >= ' ' && c <= '~' ? c : '.');
  }
  return quoted.append(text.size() > kShownMax ? "…'" : "'");
}

absl::Status Malformed(std::string_view reason) {
  return absl::InvalidArgumentError(absl::string_view(reason.data(), reason.size()));
}

}  // namespace escrow::tlog
