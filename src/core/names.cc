#include "core/names.h"

#include <algorithm>

#include "core/limits.h"

namespace escrow::core {
namespace {

constexpr std::string_view kPlatforms = "platforms/";
constexpr std::string_view kCredentials = "credentials/";

bool Alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

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

int HexValue(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

bool ValidId(std::string_view id) {
  if (id.empty() || id.size() > kIdBytesMax || !Alphanumeric(id.front()) || !Alphanumeric(id.back())) {
    return false;
  }
  return std::ranges::all_of(id, [](char c) { return Alphanumeric(c) || c == '-'; });
}

bool ValidReference(std::string_view text, std::size_t bytes_max) {
  if (text.empty() || text.size() > bytes_max || text.front() == ' ' || text.back() == ' ') {
    return false;
  }
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

std::optional<std::string_view> ParsePlatformName(std::string_view name) { return ParseOneLevel(name, kPlatforms); }

std::optional<ScopedName> ParsePartyName(std::string_view name) { return ParseTwoLevels(name, "/parties/"); }

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

std::string AgreementName(std::string_view platform_id, std::string_view agreement_id) {
  return TwoLevels(platform_id, "/agreements/", agreement_id);
}

std::string PayoutName(std::string_view platform_id, std::string_view payout_id) {
  return TwoLevels(platform_id, "/payouts/", payout_id);
}

std::string CredentialName(std::string_view credential_id) { return std::string(kCredentials).append(credential_id); }

std::optional<RequestId> ParseRequestId(std::string_view text) {
  if (text.size() != 36) {
    return std::nullopt;
  }
  RequestId id;
  int digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') {
        return std::nullopt;
      }
      continue;
    }
    const int value = HexValue(text[i]);
    if (value < 0) {
      return std::nullopt;
    }
    std::uint64_t& half = digits < 16 ? id.hi : id.lo;
    half = half << 4U | static_cast<std::uint64_t>(value);
    ++digits;
  }
  return id;
}

}  // namespace escrow::core
