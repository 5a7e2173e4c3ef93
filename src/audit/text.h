#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "escrow/v1/event.pb.h"

// The small forms of the log that the auditor reads for itself (docs/DATA_FORMATS.md, "Names and ids"). Pure.
namespace escrow::audit {

// [a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?
[[nodiscard]] bool IsId(std::string_view text);
// 1 to `bytes_max` bytes of printable ASCII, no space at the ends.
[[nodiscard]] bool IsReference(std::string_view text, std::size_t bytes_max);
// `digits` lower-case hexadecimal digits.
[[nodiscard]] bool IsHex(std::string_view text, std::size_t digits);

// platforms/{platform} -> its id; empty when it is not one.
[[nodiscard]] std::string_view PlatformIdOf(std::string_view name);
// credentials/{credential} -> its id; empty when it is not one.
[[nodiscard]] std::string_view CredentialIdOf(std::string_view name);

// platforms/{platform}/{collection}/{id}
struct ScopedId {
  std::string_view platform;
  std::string_view id;
};
// `collection`: parties, agreements, payouts. The views point into `name`.
[[nodiscard]] std::optional<ScopedId> ScopedIdOf(std::string_view name, std::string_view collection);

// How things of a platform are found: "platform/id".
[[nodiscard]] std::string KeyOf(std::string_view platform_id, std::string_view id);

// The resource name of the payout that an event of a payout is about; empty for any other.
[[nodiscard]] std::string PayoutNameOf(const v1::Event& event);

// A UUID in its lower-case form (RFC 9562 section 4).
struct Uuid {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const Uuid&, const Uuid&) = default;
};
[[nodiscard]] std::optional<Uuid> UuidOf(std::string_view text);

}  // namespace escrow::audit
