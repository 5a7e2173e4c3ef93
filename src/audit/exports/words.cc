#include "audit/exports/words.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "absl/time/time.h"
#include "audit/text.h"
#include "base/assert.h"
#include "base/currency.h"

namespace escrow::audit::exports {
namespace {

struct KindRow {
  v1::AccountKind kind;
  std::string_view name;
  std::string_view journal;  // how the names of its accounts begin
};
constexpr std::array kKinds = {
    KindRow{v1::ACCOUNT_KIND_CUSTODY_BANK, "bank", "assets:bank"},
    KindRow{v1::ACCOUNT_KIND_UNALLOCATED, "unallocated", "liabilities:escrow"},
    KindRow{v1::ACCOUNT_KIND_CUSTODY, "custody", "liabilities:escrow"},
    KindRow{v1::ACCOUNT_KIND_PAYABLE, "payable", "liabilities:payable"},
    KindRow{v1::ACCOUNT_KIND_REFUNDABLE, "refundable", "liabilities:refundable"},
    KindRow{v1::ACCOUNT_KIND_IN_TRANSIT, "in_transit", "liabilities:in-transit"},
    KindRow{v1::ACCOUNT_KIND_PLATFORM_FEES, "platform_fees", "liabilities:fees:platform"},
    KindRow{v1::ACCOUNT_KIND_OPERATOR_FEES, "operator_fees", "liabilities:fees:operator"},
};

const KindRow& RowOf(v1::AccountKind kind) {
  const auto* row = std::ranges::find(kKinds, kind, &KindRow::kind);
  ESCROW_ASSERT(row != kKinds.end());  // the books refuse kinds that the contract does not know
  return *row;
}

absl::Time ToTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

}  // namespace

std::string JournalName(const Account& account) {
  std::string name(RowOf(account.kind).journal);
  name.append(":").append(PlatformIdOf(account.platform));
  if (!account.agreement.empty()) {
    name += ':' + account.agreement + ':' + std::string(KindName(account.kind));
  }
  if (account.kind == v1::ACCOUNT_KIND_CUSTODY) {
    name += ':' + std::to_string(account.milestone);
  }
  if (!account.party.empty()) {
    name += ':' + account.party;
  }
  return name + ':' + account.currency;
}

std::string BeancountName(const Account& account) {
  std::string name = JournalName(account);
  bool begins = true;
  for (char& c : name) {
    if (begins && c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 'a' + 'A');
    }
    begins = c == ':';
  }
  return name;
}

std::string_view KindName(v1::AccountKind kind) { return RowOf(kind).name; }

std::string ShortName(const Account& account) {
  std::string name(KindName(account.kind));
  if (account.kind == v1::ACCOUNT_KIND_CUSTODY) {
    name += ' ' + std::to_string(account.milestone);
  }
  const std::string& of = account.agreement.empty() ? account.party : account.agreement;
  return of.empty() ? name : name + " of " + of;
}

std::string FactName(const v1::Event& event) {
  const auto* field =
      event.GetReflection()->GetOneofFieldDescriptor(event, event.GetDescriptor()->FindOneofByName("fact"));
  ESCROW_ASSERT(field != nullptr);
  return field->name();
}

std::string PayoutIdOf(const v1::Event& event) {
  if (event.has_payout_requested()) {
    return event.payout_requested().payout_id();
  }
  std::string_view name;
  if (event.has_payout_sent()) {
    name = event.command().send_payout().name();
  } else if (event.has_payout_settled()) {
    name = event.command().settle_payout().name();
  } else if (event.has_payout_failed()) {
    name = event.command().fail_payout().name();
  } else if (event.has_payout_returned()) {
    name = event.command().return_payout().name();
  }
  const auto scoped = ScopedIdOf(name, "payouts");
  return scoped ? std::string(scoped->id) : std::string();
}

std::string ReferenceOf(const v1::Event& event) {
  if (event.has_deposit_recorded()) {
    return event.command().record_deposit().deposit_id();
  }
  if (event.has_payout_sent()) {
    return event.command().send_payout().rail_reference();
  }
  if (event.has_payout_settled()) {
    return event.command().settle_payout().rail_reference();
  }
  if (event.has_payout_failed()) {
    return event.command().fail_payout().rail_reference();
  }
  return event.has_payout_returned() ? event.command().return_payout().rail_reference() : std::string();
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", ToTime(time), absl::UTCTimeZone());
}

std::string DateText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d", ToTime(time), absl::UTCTimeZone());
}

std::string NextDateText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d", ToTime(time) + absl::Hours(24), absl::UTCTimeZone());
}

std::string IntegerText(base::Wide value) {
  std::string digits;
  for (base::Wide rest = value; rest != 0; rest /= 10) {
    const auto digit = static_cast<int>(rest % 10);
    digits += static_cast<char>('0' + (digit < 0 ? -digit : digit));
  }
  if (digits.empty()) {
    digits = "0";
  }
  if (value < 0) {
    digits += '-';
  }
  return {digits.rbegin(), digits.rend()};
}

std::string AmountText(base::Wide minor_units, std::string_view currency) {
  const auto found = base::Currency::FromCode(currency);
  ESCROW_ASSERT(found.has_value());
  const auto exponent = static_cast<std::size_t>(found->exponent());
  std::string text = IntegerText(minor_units);
  if (exponent == 0) {
    return text;
  }
  const std::size_t sign = minor_units < 0 ? 1 : 0;
  if (text.size() - sign <= exponent) {
    text.insert(sign, exponent + 1 - (text.size() - sign), '0');
  }
  return text.insert(text.size() - exponent, 1, '.');
}

std::string JsonText(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
      json += escaped;
    } else {
      json += c;
    }
  }
  return json + '"';
}

}  // namespace escrow::audit::exports
