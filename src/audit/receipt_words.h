#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "audit/clock_time.h"
#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/event.pb.h"

// Events in words, for people. Pure. Any event may come whose form is right: what it lacks is left out, and nothing of
// it is trusted to be safe in any markup.
namespace escrow::audit {

// "97.19 EUR"; "9719 minor units of ZZZ" for a currency that is unknown.
[[nodiscard]] std::string AmountText(std::int64_t minor_units, std::string_view currency_code);
// "2020-09-13 12:26:40 UTC", with a fraction when there is one.
[[nodiscard]] std::string TimeText(Nanos time);
// "3 days", "1 day 2 hours 5 seconds".
[[nodiscard]] std::string DurationText(std::int64_t seconds);
// "buyer" for platforms/shop/parties/buyer.
[[nodiscard]] std::string IdText(const std::string& resource_name);
// "milestone released"
[[nodiscard]] std::string KindText(const v1::Event& event);
// "platform shop"; "a timer" and "follows from event 12" when nobody asked for it.
[[nodiscard]] std::string AskerText(const v1::Event& event);
// "BUYER" of "ROLE_BUYER" as "buyer".
[[nodiscard]] std::string EnumText(std::string_view name, std::string_view prefix);
// Why custody moved, as a sentence without a full stop.
[[nodiscard]] std::string CauseText(v1::MoveCause cause);

// What an agreement calls its milestones. `agreement`: nothing when its creation is not known.
[[nodiscard]] std::string MilestoneText(const v1::Agreement* agreement, std::uint32_t index);
// What happened, with its amount, references and names: "97.19 EUR of milestone parcel released: ...".
[[nodiscard]] std::string DetailText(const v1::Event& event, const v1::Agreement* agreement);
// An account of a posting: "payable to seller", "custody of milestone parcel".
[[nodiscard]] std::string AccountText(const v1::Posting& posting, const v1::Agreement* agreement);

}  // namespace escrow::audit
