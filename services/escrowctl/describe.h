#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/event.pb.h"
#include "escrow/v1/policy.pb.h"

// The contract's messages in words, for people. Pure; any thread.
namespace escrow::ctl {

// "7d after DELIVERY is recorded", "at 2026-03-02 09:00:00Z".
[[nodiscard]] std::string Describe(const v1::Timer& timer);
// "SHIPMENT by SELLER and (RECEIPT by BUYER, deemed 7d after DELIVERY is recorded)".
[[nodiscard]] std::string Describe(const v1::Condition& condition);
[[nodiscard]] std::string Describe(const v1::Requirement& requirement);
[[nodiscard]] std::string Describe(const v1::Payee& payee, std::string_view currency_code);
[[nodiscard]] std::string Describe(const v1::Fee& fee, std::string_view currency_code);
// "PLATFORM platforms/shop".
[[nodiscard]] std::string Describe(const v1::Principal& principal);

// On which side of the trade an event happened (source S14).
enum class Side { kGoods, kMoney, kBoth };

// An event in words.
struct EventText {
  Side side = Side::kBoth;
  std::string text;
};

// `milestone_ids` are the ids of the event's agreement in order; when it is empty, milestones are named by position.
[[nodiscard]] EventText Describe(const v1::Event& event, const std::vector<std::string>& milestone_ids);

// DEPOSIT_RECORDED.
[[nodiscard]] std::string KindName(const v1::Event& event);

// The time by which the rules were applied.
[[nodiscard]] const google::protobuf::Timestamp& EventTime(const v1::Event& event);

}  // namespace escrow::ctl
