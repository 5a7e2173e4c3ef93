#include "escrowctl/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "base/assert.h"
#include "base/currency.h"
#include "crypto/hex.h"
#include "crypto/random.h"
#include "google/protobuf/util/time_util.h"

namespace escrow::ctl {
namespace {

using google::protobuf::util::TimeUtil;

struct Unit {
  char letter;
  std::int64_t seconds;
};
constexpr std::array kUnits = std::to_array<Unit>({{'d', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}});

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
char Lower(char c) { return IsUpper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// value * 10 + digit; false on overflow.
bool AppendDigit(std::int64_t& value, char digit) {
  return !__builtin_mul_overflow(value, std::int64_t{10}, &value) &&
         !__builtin_add_overflow(value, static_cast<std::int64_t>(digit - '0'), &value);
}

// PartialDeposit -> PARTIAL_DEPOSIT_, the prefix of its values.
std::string EnumPrefix(const google::protobuf::EnumDescriptor& type) {
  std::string prefix;
  for (const char c : type.name()) {
    if (IsUpper(c) && !prefix.empty()) {
      prefix += '_';
    }
    prefix += Upper(c);
  }
  return prefix + '_';
}

std::string WithoutPrefix(const google::protobuf::EnumValueDescriptor& value) {
  const std::string prefix = EnumPrefix(*value.type());
  return value.name().starts_with(prefix) ? value.name().substr(prefix.size()) : value.name();
}

absl::Status Invalid(std::string message) { return absl::InvalidArgumentError(std::move(message)); }

}  // namespace

absl::StatusOr<std::int64_t> ParseDecimal(std::string_view text, int exponent) {
  const auto refuse = [&](std::string_view why) {
    return Invalid(fmt::format("'{}' is not an amount: {}", text, why));
  };
  std::int64_t value = 0;
  std::size_t digits = 0;
  std::size_t position = 0;
  while (position < text.size() && IsDigit(text[position])) {
    if (!AppendDigit(value, text[position++])) {
      return refuse("it is too large");
    }
    ++digits;
  }
  int missing = exponent;
  if (position < text.size() && text[position] == '.') {
    ++position;
    for (; position < text.size() && IsDigit(text[position]); ++position) {
      ++digits;
      if (missing > 0) {
        --missing;
        if (!AppendDigit(value, text[position])) {
          return refuse("it is too large");
        }
      } else if (text[position] != '0') {
        return refuse(fmt::format("the currency has {} decimal digits", exponent));
      }
    }
  }
  if (digits == 0 || position != text.size() || text.back() == '.') {
    return refuse("write digits and at most one decimal point");
  }
  for (; missing > 0; --missing) {
    if (!AppendDigit(value, '0')) {
      return refuse("it is too large");
    }
  }
  return value;
}

absl::StatusOr<v1::Amount> ParseAmount(std::string_view text) {
  v1::Amount amount;
  std::string_view number;
  std::string_view code;
  int exponent = 0;
  const std::size_t colon = text.find(':');
  const std::size_t space = text.find(' ');
  if (colon != std::string_view::npos) {
    code = text.substr(0, colon);
    number = text.substr(colon + 1);
  } else if (space != std::string_view::npos) {
    number = text.substr(0, space);
    code = text.substr(space + 1);
  } else {
    return Invalid(fmt::format("'{}' is not an amount: write 100.00 EUR, or EUR:10000 for minor units", text));
  }
  const auto currency = base::Currency::FromCode(code);
  if (!currency) {
    return Invalid(fmt::format("'{}' is not an ISO 4217 currency code with a minor unit", code));
  }
  if (colon == std::string_view::npos) {
    exponent = currency->exponent();
  }
  const absl::StatusOr<std::int64_t> units = ParseDecimal(number, exponent);
  if (!units.ok()) {
    return units.status();
  }
  amount.set_currency_code(std::string(code));
  amount.set_minor_units(*units);
  return amount;
}

std::string FormatAmount(std::int64_t minor_units, std::string_view currency_code) {
  const auto currency = base::Currency::FromCode(currency_code);
  if (!currency) {
    return fmt::format("{} minor units of {}", minor_units, currency_code);
  }
  return fmt::format("{} {}", FormatDecimal(minor_units, currency->exponent()), currency_code);
}

std::string FormatAmount(const v1::Amount& amount) {
  return FormatAmount(amount.minor_units(), amount.currency_code());
}

absl::StatusOr<google::protobuf::Timestamp> ParseTimestamp(std::string_view text) {
  google::protobuf::Timestamp time;
  if (!TimeUtil::FromString(std::string(text), &time)) {
    return Invalid(fmt::format("'{}' is not a time: write RFC 3339, such as 2026-03-02T09:00:00Z", text));
  }
  return time;
}

std::string FormatTimestamp(const google::protobuf::Timestamp& time) {
  constexpr std::int32_t kNsPerMillisecond = 1'000'000;
  google::protobuf::Timestamp shown = time;
  shown.set_nanos(time.nanos() - time.nanos() % kNsPerMillisecond);
  std::string text = TimeUtil::ToString(shown);
  const std::size_t t = text.find('T');
  if (t != std::string::npos) {
    text[t] = ' ';
  }
  return text;
}

std::string FormatTime(base::Time time) { return FormatTimestamp(ToTimestamp(time)); }

google::protobuf::Timestamp ToTimestamp(base::Time time) { return TimeUtil::NanosecondsToTimestamp(time.ns); }

base::Time ToTime(const google::protobuf::Timestamp& time) {
  return base::Time{TimeUtil::TimestampToNanoseconds(time)};
}

absl::StatusOr<google::protobuf::Duration> ParseDuration(std::string_view text) {
  const auto refuse = [&] {
    return Invalid(fmt::format("'{}' is not a duration: write 7d, 36h, 15m, 90s or 1d12h", text));
  };
  std::int64_t total = 0;
  auto next_unit = kUnits.begin();
  std::size_t position = 0;
  while (position < text.size()) {
    std::int64_t count = 0;
    const std::size_t begin = position;
    for (; position < text.size() && IsDigit(text[position]); ++position) {
      if (!AppendDigit(count, text[position])) {
        return refuse();
      }
    }
    if (position == begin || position == text.size()) {
      return refuse();
    }
    const auto unit = std::find_if(next_unit, kUnits.end(), [&](const Unit& u) { return u.letter == text[position]; });
    if (unit == kUnits.end() || __builtin_mul_overflow(count, unit->seconds, &count) ||
        __builtin_add_overflow(total, count, &total)) {
      return refuse();
    }
    next_unit = unit + 1;
    ++position;
  }
  if (text.empty() || total > TimeUtil::kDurationMaxSeconds) {
    return refuse();
  }
  return TimeUtil::SecondsToDuration(total);
}

std::string FormatDuration(std::int64_t seconds) {
  if (seconds < 0) {
    return "-" + FormatDuration(seconds == std::numeric_limits<std::int64_t>::min() ? 0 : -seconds);
  }
  std::string text;
  for (const Unit& unit : kUnits) {
    const std::int64_t count = seconds / unit.seconds;
    seconds %= unit.seconds;
    if (count > 0) {
      text += fmt::format("{}{}", count, unit.letter);
    }
  }
  return text.empty() ? "0s" : text;
}

std::string ShortName(const google::protobuf::EnumValueDescriptor& value) {
  return value.number() == 0 ? "" : WithoutPrefix(value);
}

std::string ShortName(const google::protobuf::EnumDescriptor& type, int number) {
  const auto* value = type.FindValueByNumber(number);
  return value == nullptr ? std::to_string(number) : ShortName(*value);
}

absl::StatusOr<const google::protobuf::EnumValueDescriptor*> ParseEnum(const google::protobuf::EnumDescriptor& type,
                                                                       std::string_view text) {
  std::string wanted;
  std::ranges::transform(text, std::back_inserter(wanted), [](char c) { return c == '-' ? '_' : Upper(c); });
  std::string known;
  for (int i = 0; i < type.value_count(); ++i) {
    const auto* value = type.value(i);
    const std::string name = WithoutPrefix(*value);
    if (value->number() != 0) {
      if (wanted == value->name() || wanted == name) {
        return value;
      }
      known += known.empty() ? name : ", " + name;
    }
  }
  return Invalid(fmt::format("'{}' is not one of {}", text, known));
}

std::string KebabCase(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (IsUpper(c) && !text.empty()) {
      text += '-';
    }
    text += c == '_' ? '-' : Lower(c);
  }
  return text;
}

std::string LastPart(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return std::string(slash == std::string_view::npos ? name : name.substr(slash + 1));
}

std::string NewRequestId() {
  std::string bytes = crypto::RandomBytes(16);
  const auto mark = [&](std::size_t position, unsigned keep, unsigned set) {
    bytes[position] = static_cast<char>((static_cast<unsigned char>(bytes[position]) & keep) | set);
  };
  mark(6, 0x0fU, 0x40U);  // the version, 4
  mark(8, 0x3fU, 0x80U);  // the variant, binary 10
  const std::string hex = HexOf(bytes);
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                     hex.substr(20));
}

std::string HexOf(std::string_view bytes) {
  const std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
  return crypto::HexEncode(copy);
}

}  // namespace escrow::ctl
