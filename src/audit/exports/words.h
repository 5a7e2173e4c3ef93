#pragma once

#include <string>
#include <string_view>

#include "audit/books.h"
#include "base/wide.h"
#include "escrow/v1/event.pb.h"

// How accounts, events and amounts are called in exports. Pure.
namespace escrow::audit::exports {

// "assets:bank:shop:EUR", "liabilities:escrow:shop:a1:custody:0:EUR", "liabilities:payable:shop:seller:EUR": every
// account of the ledger has a name of its own. REQUIRES: Ledger took an event that books on it.
[[nodiscard]] std::string JournalName(const Account& account);
// The same as beancount wants it, each part beginning with a capital or a digit: "Assets:Bank:Shop:EUR". Ids begin with
// a small letter or a digit, so that different names stay different.
[[nodiscard]] std::string BeancountName(const Account& account);
// "bank", "unallocated", "custody", "payable", "refundable", "in_transit", "platform_fees", "operator_fees".
[[nodiscard]] std::string_view KindName(v1::AccountKind kind);
// What an account is called beside its platform and currency: "bank", "custody 0 of a1", "payable of seller".
[[nodiscard]] std::string ShortName(const Account& account);

// "milestone_released". REQUIRES: the event has a fact.
[[nodiscard]] std::string FactName(const v1::Event& event);
// The payout that an event is about; empty when it is about none.
[[nodiscard]] std::string PayoutIdOf(const v1::Event& event);
// The bank's word for the movement: the id of a deposit, or the rail's reference of a payout; empty when it has none.
[[nodiscard]] std::string ReferenceOf(const v1::Event& event);

// "2026-11-20T10:00:00.5Z" and "2026-11-20", UTC.
[[nodiscard]] std::string TimeText(const google::protobuf::Timestamp& time);
[[nodiscard]] std::string DateText(const google::protobuf::Timestamp& time);
// The day after that of `time`.
[[nodiscard]] std::string NextDateText(const google::protobuf::Timestamp& time);

// "-123".
[[nodiscard]] std::string IntegerText(base::Wide value);
// Minor units of a currency as a decimal number: "-1.23" EUR, "-123" JPY. REQUIRES: Books took an event in it.
[[nodiscard]] std::string AmountText(base::Wide minor_units, std::string_view currency);

// A JSON string with its quotes.
[[nodiscard]] std::string JsonText(std::string_view text);

}  // namespace escrow::audit::exports
