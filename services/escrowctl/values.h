#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/decimal.h"
#include "base/time.h"
#include "escrow/v1/money.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

// Values as people write and read them: amounts, times, durations, enum values. Parsing is exact: what does not fit
// without rounding is refused with a sentence. Every function is pure and may be called from any thread.
namespace escrow::ctl {

// A decimal number such as "99.9" as a count of units of 10^-exponent. No sign, no exponent, no thousands separators;
// more fraction digits than `exponent` only if they are zeros. Refused when it does not fit an int64.
[[nodiscard]] absl::StatusOr<std::int64_t> ParseDecimal(std::string_view text, int exponent);

// "100.00 EUR" (major units) or "EUR:10000" (minor units).
[[nodiscard]] absl::StatusOr<v1::Amount> ParseAmount(std::string_view text);

using base::FormatDecimal;
// "12.34 EUR"; in a currency that the table does not know, "1234 minor units of ABC".
[[nodiscard]] std::string FormatAmount(std::int64_t minor_units, std::string_view currency_code);
[[nodiscard]] std::string FormatAmount(const v1::Amount& amount);

// RFC 3339 with a zone: "2026-03-02T09:00:00Z".
[[nodiscard]] absl::StatusOr<google::protobuf::Timestamp> ParseTimestamp(std::string_view text);
// "2026-03-02 09:00:00Z"; milliseconds only if there are any, what is finer is cut off.
[[nodiscard]] std::string FormatTimestamp(const google::protobuf::Timestamp& time);
[[nodiscard]] std::string FormatTime(base::Time time);
[[nodiscard]] google::protobuf::Timestamp ToTimestamp(base::Time time);
[[nodiscard]] base::Time ToTime(const google::protobuf::Timestamp& time);

// "7d", "36h", "90s", "15m" or a sequence of them, largest first: "1d12h".
[[nodiscard]] absl::StatusOr<google::protobuf::Duration> ParseDuration(std::string_view text);
// The same form; 0 is "0s".
[[nodiscard]] std::string FormatDuration(std::int64_t seconds);

// The name of an enum value without its type's prefix: CONFIRMATION_KIND_RECEIPT -> "RECEIPT". UNSPECIFIED is "".
[[nodiscard]] std::string ShortName(const google::protobuf::EnumValueDescriptor& value);
// Either name, in any case. Refused with the list of what there is.
[[nodiscard]] absl::StatusOr<const google::protobuf::EnumValueDescriptor*> ParseEnum(
    const google::protobuf::EnumDescriptor& type, std::string_view text);
// The short name of a generated enum's value; its number when the contract does not know it.
[[nodiscard]] std::string ShortName(const google::protobuf::EnumDescriptor& type, int number);

// CreateAgreement -> create-agreement; minor_units -> minor-units.
[[nodiscard]] std::string KebabCase(std::string_view name);

// "platforms/shop/parties/ada" -> "ada".
[[nodiscard]] std::string LastPart(std::string_view name);

// A random UUID, version 4 (RFC 9562), in lower case.
[[nodiscard]] std::string NewRequestId();

// Bytes as lower-case hexadecimal digits.
[[nodiscard]] std::string HexOf(std::string_view bytes);

}  // namespace escrow::ctl
