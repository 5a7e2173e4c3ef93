#include "core/names.h"

#include <algorithm>
#include <array>

#include "core/limits.h"

namespace escrow::core {
namespace {

constexpr std::string_view kPlatforms = "platforms/";
constexpr std::string_view kCredentials = "credentials/";
constexpr std::string_view kRecords = "/records/";

constexpr bool Alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// Whether a byte may stand within an id.
constexpr std::array<bool, 256> kIdBytes = [] {
  std::array<bool, 256> allowed{};
  for (int byte = 0; byte < 128; ++byte) {
    const char c = static_cast<char>(byte);
    allowed[static_cast<std::size_t>(byte)] = Alphanumeric(c) || c == '-';
  }
  return allowed;
}();

std::optional<std::string_view> ParseOneLevel(std::string_view name, std::string_view collection) {
  if (!name.starts_with(collection)) {
    return std::nullopt;
  }
  name.remove_prefix(collection.size());
  return ValidId(name) ? std::optional(name) : std::nullopt;
}

// platforms/{platform}{collection}{id}, collection with both its slashes.
std::optional<ScopedName> ParseTwoLevels(std::string_view name, std::string_view collection) {
  if (!name.starts_with(kPlatforms)) {
    return std::nullopt;
  }
  name.remove_prefix(kPlatforms.size());
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view platform_id = name.substr(0, slash);
  name.remove_prefix(slash);
  if (!name.starts_with(collection)) {
    return std::nullopt;
  }
  name.remove_prefix(collection.size());
  if (!ValidId(platform_id) || !ValidId(name)) {
    return std::nullopt;
  }
  return ScopedName{platform_id, name};
}

}  // namespace

bool ValidId(std::string_view id) {
  if (id.empty() || id.size() > kIdBytesMax || !Alphanumeric(id.front()) || !Alphanumeric(id.back())) {
    return false;
  }
  return std::ranges::all_of(id, [](char c) { return kIdBytes[static_cast<unsigned char>(c)]; });
}

bool ValidReference(std::string_view text, std::size_t bytes_max) {
  if (text.empty() || text.size() > bytes_max || text.front() == ' ' || text.back() == ' ') {
    return false;
  }
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

std::optional<std::string_view> ParsePlatformName(std::string_view name) { return ParseOneLevel(name, kPlatforms); }

std::optional<ScopedName> ParsePartyName(std::string_view name) { return ParseTwoLevels(name, "/parties/"); }

std::optional<RecordName> ParseRecordName(std::string_view name) {
  const std::size_t at = name.find(kRecords);
  if (at == std::string_view::npos || !ParsePartyName(name.substr(0, at))) {
    return std::nullopt;
  }
  const std::string_view id = name.substr(at + kRecords.size());
  return ValidId(id) ? std::optional(RecordName{name.substr(0, at), id}) : std::nullopt;
}

std::optional<ScopedName> ParseAgreementName(std::string_view name) { return ParseTwoLevels(name, "/agreements/"); }

std::optional<ScopedName> ParsePayoutName(std::string_view name) { return ParseTwoLevels(name, "/payouts/"); }

std::optional<std::string_view> ParseCredentialName(std::string_view name) { return ParseOneLevel(name, kCredentials); }

std::string PlatformName(std::string_view platform_id) { return std::string(kPlatforms).append(platform_id); }

namespace {

std::string TwoLevels(std::string_view platform_id, std::string_view collection, std::string_view id) {
  std::string name;
  name.reserve(kPlatforms.size() + platform_id.size() + collection.size() + id.size());
  name.append(kPlatforms).append(platform_id).append(collection).append(id);
  return name;
}

}  // namespace

std::string PartyName(std::string_view platform_id, std::string_view party_id) {
  return TwoLevels(platform_id, "/parties/", party_id);
}

std::string RecordNameIn(std::string_view party_name, std::string_view record_id) {
  return std::string(party_name).append(kRecords).append(record_id);
}

std::string AgreementName(std::string_view platform_id, std::string_view agreement_id) {
  return TwoLevels(platform_id, "/agreements/", agreement_id);
}

std::string PayoutName(std::string_view platform_id, std::string_view payout_id) {
  return TwoLevels(platform_id, "/payouts/", payout_id);
}

std::string CredentialName(std::string_view credential_id) { return std::string(kCredentials).append(credential_id); }

namespace {

constexpr std::uint8_t kNoHexDigit = 0x80;
constexpr std::array<std::uint8_t, 256> kHexDigits = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoHexDigit);
  for (std::size_t value = 0; value < 16; ++value) {
    values[static_cast<unsigned char>("0123456789abcdef"[value])] = static_cast<std::uint8_t>(value);
  }
  return values;
}();

// Reads the `count` lower-case hexadecimal digits at `text` behind `value`. Anything else leaves kNoHexDigit in `seen`.
void ReadHex(const char* text, std::size_t count, std::uint64_t& value, std::uint8_t& seen) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t digit = kHexDigits[static_cast<unsigned char>(text[i])];
    seen |= digit;
    value = value << 4U | digit;
  }
}

}  // namespace

std::optional<RequestId> ParseRequestId(std::string_view text) {
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') {
    return std::nullopt;
  }
  RequestId id;
  std::uint8_t seen = 0;
  ReadHex(text.data(), 8, id.hi, seen);
  ReadHex(text.data() + 9, 4, id.hi, seen);
  ReadHex(text.data() + 14, 4, id.hi, seen);
  ReadHex(text.data() + 19, 4, id.lo, seen);
  ReadHex(text.data() + 24, 12, id.lo, seen);
  return (seen & kNoHexDigit) == 0 ? std::optional(id) : std::nullopt;
}

}  // namespace escrow::core
