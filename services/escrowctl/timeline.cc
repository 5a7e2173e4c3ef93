#include "escrowctl/timeline.h"

#include <fmt/format.h>

#include <algorithm>

#include "escrowctl/describe.h"
#include "escrowctl/table.h"
#include "escrowctl/values.h"

namespace escrow::ctl {
namespace {

constexpr std::size_t kTimeWidth = 24;
constexpr std::size_t kSideWidth = 44;
constexpr std::size_t kNumberWidth = 7;

// How far the goods of a milestone have come.
enum class Goods { kNotSent, kSent, kDelivered, kAccepted };

Goods GoodsAfter(v1::ConfirmationKind kind) {
  switch (kind) {
    case v1::CONFIRMATION_KIND_SHIPMENT:
      return Goods::kSent;
    case v1::CONFIRMATION_KIND_DELIVERY:
    case v1::CONFIRMATION_KIND_HANDOVER:
    case v1::CONFIRMATION_KIND_COMPLETION:
      return Goods::kDelivered;
    case v1::CONFIRMATION_KIND_RECEIPT:
    case v1::CONFIRMATION_KIND_INSPECTION:
      return Goods::kAccepted;
    default:
      return Goods::kNotSent;
  }
}

std::string_view Words(Goods goods) {
  switch (goods) {
    case Goods::kNotSent:
      return "goods not sent";
    case Goods::kSent:
      return "goods on their way";
    case Goods::kDelivered:
      return "goods delivered";
    case Goods::kAccepted:
      return "goods accepted";
  }
  return "";
}

std::string_view Words(v1::Milestone::State state) {
  switch (state) {
    case v1::Milestone::STATE_PENDING:
      return "money not there";
    case v1::Milestone::STATE_FUNDED:
      return "money in custody";
    case v1::Milestone::STATE_RELEASED:
      return "money released";
    case v1::Milestone::STATE_REFUNDED:
    case v1::Milestone::STATE_EXPIRED:
    case v1::Milestone::STATE_CANCELLED:
      return "money back";
    default:
      return "money unknown";
  }
}

// What the pair of both means; empty when they are in step.
std::string_view Gap(Goods goods, v1::Milestone::State state) {
  const bool delivered = goods == Goods::kDelivered || goods == Goods::kAccepted;
  if (state == v1::Milestone::STATE_FUNDED) {
    return delivered ? "delivered, not released" : "funded, not delivered";
  }
  if (state == v1::Milestone::STATE_PENDING && goods != Goods::kNotSent) {
    return "delivered at the seller's risk";
  }
  if (state == v1::Milestone::STATE_RELEASED && goods == Goods::kNotSent) {
    return "released before anything was sent";
  }
  return "";
}

}  // namespace

void Timeline::PrintHeader() {
  PrintLine("time", "GOODS", "MONEY", "event");
  PrintLine(std::string(kTimeWidth, '-'), std::string(kSideWidth, '-'), std::string(kSideWidth, '-'),
            std::string(kNumberWidth, '-'));
}

void Timeline::Print(const v1::Event& event) {
  const EventText told = Describe(event, milestone_ids_);
  const std::string time = FormatTimestamp(EventTime(event));
  const std::string number = fmt::format("#{}", event.sequence());
  switch (told.side) {
    case Side::kGoods:
      PrintLine(time, told.text, "", number);
      break;
    case Side::kMoney:
      PrintLine(time, "", told.text, number);
      break;
    case Side::kBoth:
      PrintAcross(time, told.text, number);
      break;
  }
}

void Timeline::Print(const v1::ExplainAgreementResponse::RunningTimer& timer) {
  const std::string where = timer.milestone_id().empty() ? "" : timer.milestone_id() + ": ";
  PrintLine(FormatTimestamp(timer.expire_time()), "due: " + where + timer.effect(), "", "later");
}

void Timeline::PrintLine(const std::string& time, const std::string& goods, const std::string& money,
                         const std::string& number) {
  const std::vector<std::string> left = Wrap(goods, kSideWidth);
  const std::vector<std::string> right = Wrap(money, kSideWidth);
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const std::string_view l = i < left.size() ? std::string_view(left[i]) : "";
    const std::string_view r = i < right.size() ? std::string_view(right[i]) : "";
    out_ << fmt::format("{}  {} | {} {}\n", Pad(i == 0 ? time : "", kTimeWidth), Pad(l, kSideWidth), Pad(r, kSideWidth),
                        Pad(i == 0 ? number : "", kNumberWidth, Table::Align::kRight));
  }
}

void Timeline::PrintAcross(const std::string& time, const std::string& text, const std::string& number) {
  constexpr std::size_t kWidth = 2 * kSideWidth + 3;
  for (bool first = true; const std::string& line : Wrap("~ " + text, kWidth)) {
    out_ << fmt::format("{}  {} {}\n", Pad(first ? time : "", kTimeWidth), Pad(line, kWidth),
                        Pad(first ? number : "", kNumberWidth, Table::Align::kRight));
    first = false;
  }
}

std::vector<std::string> MilestoneIds(const v1::Agreement& agreement) {
  std::vector<std::string> ids;
  for (const auto& milestone : agreement.milestones()) {
    ids.push_back(milestone.milestone_id());
  }
  return ids;
}

std::vector<std::string> InStep(const v1::Agreement& agreement, const std::vector<v1::Event>& events) {
  std::vector<Goods> goods(static_cast<std::size_t>(agreement.milestones_size()), Goods::kNotSent);
  const auto reach = [&](std::uint32_t milestone, v1::ConfirmationKind kind) {
    if (milestone < goods.size()) {
      goods[milestone] = std::max(goods[milestone], GoodsAfter(kind));
    }
  };
  for (const v1::Event& event : events) {
    if (event.has_confirmation_recorded()) {
      reach(event.confirmation_recorded().milestone_index(), event.command().confirm_milestone().kind());
    } else if (event.has_confirmation_deemed()) {
      reach(event.confirmation_deemed().milestone_index(), event.confirmation_deemed().kind());
    }
  }
  std::vector<std::string> lines;
  for (int i = 0; i < agreement.milestones_size(); ++i) {
    const auto& milestone = agreement.milestones(i);
    const Goods reached = goods[static_cast<std::size_t>(i)];
    const std::string_view gap = Gap(reached, milestone.state());
    lines.push_back(fmt::format("{}: {}, {}{}", milestone.milestone_id(), Words(reached), Words(milestone.state()),
                                gap.empty() ? "" : fmt::format(" ({})", gap)));
  }
  return lines;
}

}  // namespace escrow::ctl
