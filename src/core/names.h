#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Resource names (AIP-122): parse and print. Ids match [a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?.
namespace escrow::core {

[[nodiscard]] bool ValidId(std::string_view id);
// 1 to `bytes_max` bytes of printable ASCII without spaces at the ends.
[[nodiscard]] bool ValidReference(std::string_view text, std::size_t bytes_max);

// An id of a platform and of something in it. The views point into the parsed name.
struct ScopedName {
  std::string_view platform_id;
  std::string_view id;
};

// platforms/{platform} -> its id.
[[nodiscard]] std::optional<std::string_view> ParsePlatformName(std::string_view name);
// platforms/{platform}/parties/{party}
[[nodiscard]] std::optional<ScopedName> ParsePartyName(std::string_view name);
// platforms/{platform}/parties/{party}/records/{record} -> the name of the party and the record's id.
struct RecordName {
  std::string_view party;
  std::string_view id;
};
[[nodiscard]] std::optional<RecordName> ParseRecordName(std::string_view name);
// platforms/{platform}/agreements/{agreement}
[[nodiscard]] std::optional<ScopedName> ParseAgreementName(std::string_view name);
// platforms/{platform}/payouts/{payout}
[[nodiscard]] std::optional<ScopedName> ParsePayoutName(std::string_view name);
// credentials/{credential} -> its id.
[[nodiscard]] std::optional<std::string_view> ParseCredentialName(std::string_view name);

[[nodiscard]] std::string PlatformName(std::string_view platform_id);
[[nodiscard]] std::string PartyName(std::string_view platform_id, std::string_view party_id);
[[nodiscard]] std::string RecordNameIn(std::string_view party_name, std::string_view record_id);
[[nodiscard]] std::string AgreementName(std::string_view platform_id, std::string_view agreement_id);
[[nodiscard]] std::string PayoutName(std::string_view platform_id, std::string_view payout_id);
[[nodiscard]] std::string CredentialName(std::string_view credential_id);

// A UUID in its lower-case text form (RFC 9562 section 4) as 128 bits; nothing for any other text.
struct RequestId {
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  friend bool operator==(const RequestId&, const RequestId&) = default;
};
[[nodiscard]] std::optional<RequestId> ParseRequestId(std::string_view text);

}  // namespace escrow::core
