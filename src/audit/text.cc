#include "audit/text.h"

#include <algorithm>

namespace escrow::audit {
namespace {

constexpr std::size_t kIdBytesMax = 63;

bool IsLetterOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool IsHexDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

std::uint64_t HexDigit(char c) { return static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10); }

// What stands behind `prefix`, if it is an id.
std::string_view IdBehind(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) {
    return {};
  }
  name.remove_prefix(prefix.size());
  return IsId(name) ? name : std::string_view();
}

}  // namespace

bool IsId(std::string_view text) {
  return !text.empty() && text.size() <= kIdBytesMax && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text, [](char c) { return IsLetterOrDigit(c) || c == '-'; });
}

bool IsReference(std::string_view text, std::size_t bytes_max) {
  return !text.empty() && text.size() <= bytes_max && text.front() != ' ' && text.back() != ' ' &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

bool IsHex(std::string_view text, std::size_t digits) {
  return text.size() == digits && std::ranges::all_of(text, IsHexDigit);
}

std::string_view PlatformIdOf(std::string_view name) { return IdBehind(name, "platforms/"); }
std::string_view CredentialIdOf(std::string_view name) { return IdBehind(name, "credentials/"); }

std::optional<ScopedId> ScopedIdOf(std::string_view name, std::string_view collection) {
  constexpr std::string_view kPlatforms = "platforms/";
  const std::size_t slash = name.find('/', std::min(name.size(), kPlatforms.size()));
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  const ScopedId scoped{.platform = PlatformIdOf(name.substr(0, slash)),
                        .id = IdBehind(name.substr(slash + 1), std::string(collection) + '/')};
  return scoped.platform.empty() || scoped.id.empty() ? std::nullopt : std::optional(scoped);
}

std::string KeyOf(std::string_view platform_id, std::string_view id) {
  std::string key;
  key.reserve(platform_id.size() + 1 + id.size());
  key.append(platform_id).append(1, '/').append(id);
  return key;
}

std::optional<Uuid> UuidOf(std::string_view text) {
  if (text.size() != 36) {
    return std::nullopt;
  }
  Uuid uuid;
  int digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !IsHexDigit(text[i])) {
      return std::nullopt;
    }
    if (!dash) {
      std::uint64_t& half = digits++ < 16 ? uuid.high : uuid.low;
      half = half << 4U | HexDigit(text[i]);
    }
  }
  return uuid;
}

std::string PayoutNameOf(const v1::Event& event) {
  switch (event.fact_case()) {
    case v1::Event::kPayoutRequested:
      return event.platform() + "/payouts/" + event.payout_requested().payout_id();
    case v1::Event::kPayoutSent:
      return event.command().send_payout().name();
    case v1::Event::kPayoutSettled:
      return event.command().settle_payout().name();
    case v1::Event::kPayoutFailed:
      return event.command().fail_payout().name();
    case v1::Event::kPayoutReturned:
      return event.command().return_payout().name();
    default:
      return {};
  }
}

}  // namespace escrow::audit
