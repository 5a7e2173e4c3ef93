#include "escrowctl/orders/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/assert.h"
#include "escrowctl/orders/model.h"
#include "escrowctl/values.h"

namespace escrow::orders {
namespace {

constexpr std::int64_t kAmountMax = 1'000'000'000'000'000;  // 10^15, the limit of the contract
constexpr std::size_t kSellersMax = 30;  // an agreement has 32 participants; two are buyer and carrier
constexpr int kScoreOfContent = 3;       // a buyer who gives this or more has received and accepts

constexpr std::array kMethods = std::to_array<std::pair<std::string_view, v1::PaymentMethod>>({
    {"credit_card", v1::PAYMENT_METHOD_CARD},
    {"debit_card", v1::PAYMENT_METHOD_CARD},
    {"boleto", v1::PAYMENT_METHOD_TRANSFER_BANK},
    {"voucher", v1::PAYMENT_METHOD_VOUCHER},
});

// Any other type, such as not_defined, is money whose method was not told.
v1::PaymentMethod MethodOf(std::string_view type) {
  const auto* found = std::ranges::find(kMethods, type, &std::pair<std::string_view, v1::PaymentMethod>::first);
  return found == kMethods.end() ? v1::PAYMENT_METHOD_UNSPECIFIED : found->second;
}

std::int64_t SumOf(const std::vector<Share>& shares) {
  std::int64_t sum = 0;
  for (const Share& share : shares) {
    sum += share.minor_units;
  }
  return sum;
}

// Adds within the limit of the contract; false beyond it.
bool AddAmount(std::int64_t& sum, std::int64_t amount) {
  if (amount > kAmountMax - sum) {
    return false;
  }
  sum += amount;
  return true;
}

bool Earlier(const Action& a, const Action& b) {
  return std::tie(a.time, a.agreement, a.kind, a.deposit) < std::tie(b.time, b.agreement, b.kind, b.deposit);
}

// Plans one order.
class OrderPlanner {
 public:
  OrderPlanner(const Order& order, std::uint32_t position, Findings& findings)
      : order_(order),
        position_(position),
        findings_(findings),
        agreement_{.order_id = order.id,
                   .buyer = order.customer_id,
                   .sellers = {},
                   .currency = order.currency,
                   .freight = {},
                   .price = {},
                   .deadline = std::nullopt,
                   .tolerance = 0,
                   .deposits = {}} {}

  // False when the order makes no agreement; a finding says why.
  bool Run() {
    if (!PlanDeposits() || !PlanShares()) {
      return false;
    }
    ComparePayments();
    PlanTimes();
    return true;
  }

  AgreementPlan TakeAgreement() { return std::move(agreement_); }
  // In the order in which they happen.
  std::vector<Action> TakeActions() {
    std::ranges::sort(actions_, Earlier);
    return std::move(actions_);
  }

 private:
  void Found(Policy policy, std::string detail = "") {
    findings_.push_back({.policy = policy, .order_id = order_.id, .detail = std::move(detail)});
  }
  [[nodiscard]] std::string Money(std::int64_t minor_units) const {
    return ctl::FormatAmount(minor_units, order_.currency.code());
  }

  bool PlanDeposits() {
    std::set<std::string> ids;
    for (const Payment& payment : order_.payments) {
      if (payment.value == 0) {
        Found(Policy::kZeroPayment, payment.type);
        continue;
      }
      std::string id = "payment-" + payment.sequential;
      for (int again = 2; !ids.insert(id).second; ++again) {
        id = fmt::format("payment-{}-{}", payment.sequential, again);
      }
      if (!AddAmount(paid_, payment.value)) {
        Found(Policy::kUnreadableRow, "the payments add up to more than 10^15 minor units");
        return false;
      }
      agreement_.deposits.push_back(
          {.id = std::move(id), .minor_units = payment.value, .method = MethodOf(payment.type)});
    }
    return true;
  }

  // Who is paid what for what. Sellers in the order of their first item.
  bool PlanShares() {
    if (order_.items.empty()) {
      if (paid_ == 0) {
        Found(Policy::kNothingToHold, "no items and nothing paid");
        return false;
      }
      Found(Policy::kNoItems, Money(paid_));
      agreement_.sellers = {kUnassignedSeller};
      agreement_.price = {{.seller_id = kUnassignedSeller, .minor_units = paid_}};
      return true;
    }
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> sums;  // freight, price
    std::int64_t total = 0;
    for (const Item& item : order_.items) {
      if (!AddAmount(total, item.price) || !AddAmount(total, item.freight)) {
        Found(Policy::kUnreadableRow, "the items add up to more than 10^15 minor units");
        return false;
      }
      const auto [entry, first] = sums.try_emplace(item.seller_id, 0, 0);
      if (first) {
        agreement_.sellers.push_back(item.seller_id);
      }
      entry->second.first += item.freight;
      entry->second.second += item.price;
    }
    if (agreement_.sellers.size() > kSellersMax) {
      Found(Policy::kTooManySellers, fmt::format("{} sellers", agreement_.sellers.size()));
      return false;
    }
    for (const std::string& seller : agreement_.sellers) {
      const auto& [freight, price] = sums.at(seller);
      AddShare(agreement_.freight, seller, freight);
      AddShare(agreement_.price, seller, price);
    }
    return CheckShares();
  }

  static void AddShare(std::vector<Share>& shares, const std::string& seller, std::int64_t amount) {
    if (amount > 0) {
      shares.push_back({.seller_id = seller, .minor_units = amount});
    }
  }

  bool CheckShares() {
    if (agreement_.price.empty()) {
      Found(Policy::kNothingToHold, "every item's price is zero");
      return false;
    }
    if (agreement_.freight.empty()) {
      Found(Policy::kNoFreight);
    }
    const auto partial = [&](const std::vector<Share>& shares) {
      return !shares.empty() && shares.size() < agreement_.sellers.size();
    };
    if (partial(agreement_.freight) || partial(agreement_.price)) {
      Found(Policy::kZeroShare);
    }
    return true;
  }

  void ComparePayments() {
    const std::int64_t required = agreement_.required();
    // The contract: a tolerance is at most the last milestone less one minor unit.
    agreement_.tolerance = std::min(kToleranceMinorUnits, SumOf(agreement_.price) - 1);
    if (paid_ == 0) {
      Found(Policy::kNoPayment, Money(required));
    } else if (paid_ > required) {
      Found(Policy::kOverpaid, "by " + Money(paid_ - required));
    } else if (paid_ < required) {
      const bool tolerated = required - paid_ <= agreement_.tolerance;
      Found(tolerated ? Policy::kShortWithinTolerance : Policy::kUnderpaid, "by " + Money(required - paid_));
    }
  }

  void PlanTimes() {
    const base::Time purchase = order_.purchase_time;
    const base::Time paid = order_.approve_time.value_or(purchase);
    if (!order_.approve_time && !agreement_.deposits.empty()) {
      Found(Policy::kMissingApproval);
    }
    Add(ActionKind::kCreate, purchase);
    for (std::uint32_t i = 0; i < agreement_.deposits.size(); ++i) {
      Add(ActionKind::kDeposit, paid).deposit = i;
    }
    const std::optional<base::Time> delivery = PlanDelivery(paid);
    const std::optional<base::Time> shipment = PlanShipment(paid, delivery);
    PlanDeadline(shipment || delivery);
    PlanReceipt(delivery);
    PlanCancellation(shipment, delivery);
    CompareTimes(paid, shipment, delivery);
  }

  // When the goods were delivered; nothing when they were not.
  std::optional<base::Time> PlanDelivery(base::Time paid) {
    std::optional<base::Time> time = order_.delivery_time;
    if (!time && order_.status == Status::kDelivered) {
      time = std::max(order_.estimate_time.value_or(paid), order_.carrier_time.value_or(paid));
      Found(Policy::kMissingDeliveryTime, "taken as " + ctl::FormatTime(*time));
    }
    if (time) {
      Add(ActionKind::kDelivery, *time);
    }
    return time;
  }

  std::optional<base::Time> PlanShipment(base::Time paid, std::optional<base::Time> delivery) {
    std::optional<base::Time> time = order_.carrier_time;
    if (!time && (order_.status == Status::kShipped || delivery)) {
      time = delivery.value_or(paid);
      Found(Policy::kMissingCarrierTime, "taken as " + ctl::FormatTime(*time));
    }
    if (time) {
      Add(ActionKind::kShipment, *time);
    }
    return time;
  }

  // Goods that were never handed over have no deadline: they are "still open when the data end".
  void PlanDeadline(bool handed_over) {
    if (!handed_over) {
      return;
    }
    if (!order_.estimate_time || *order_.estimate_time < order_.purchase_time) {
      Found(Policy::kNoUsableEstimate);
      return;
    }
    agreement_.deadline = base::AddSeconds(*order_.estimate_time, kGraceSeconds);
  }

  void PlanReceipt(std::optional<base::Time> delivery) {
    if (order_.reviews.size() > 1) {
      Found(Policy::kSeveralReviews, fmt::format("{} reviews", order_.reviews.size()));
    }
    const auto first = std::ranges::min_element(order_.reviews, {}, &Review::answer_time);
    if (first == order_.reviews.end() || first->score < kScoreOfContent) {
      if (delivery && order_.status != Status::kCanceled && order_.status != Status::kUnavailable) {
        Found(Policy::kSilentBuyer,
              first == order_.reviews.end() ? "no review" : fmt::format("score {}", first->score));
      }
      return;
    }
    Add(ActionKind::kReceipt, first->answer_time);
    if (!delivery) {
      Found(Policy::kReceiptWithoutDelivery);
    } else if (first->answer_time < *delivery) {
      Found(Policy::kReceiptBeforeDelivery);
    }
  }

  void PlanCancellation(std::optional<base::Time> shipment, std::optional<base::Time> delivery) {
    if (order_.status != Status::kCanceled && order_.status != Status::kUnavailable) {
      if (!shipment && !delivery) {
        Found(Policy::kStillOpen);
      }
      return;
    }
    base::Time last = std::max(order_.purchase_time, order_.approve_time.value_or(order_.purchase_time));
    last = std::max({last, shipment.value_or(last), delivery.value_or(last)});
    Add(ActionKind::kCancel, last);
    if (delivery) {
      Found(Policy::kCancelledAfterDelivery);
    } else if (shipment) {
      Found(Policy::kCancelledAfterShipment);
    }
  }

  void CompareTimes(base::Time paid, std::optional<base::Time> shipment, std::optional<base::Time> delivery) {
    if ((shipment && *shipment < paid) || (delivery && *delivery < paid)) {
      Found(Policy::kConfirmedBeforePaid);
    }
    if (shipment && delivery && *delivery < *shipment) {
      Found(Policy::kDeliveredBeforeShipped);
    }
    if (std::ranges::any_of(actions_, [](const Action& action) { return action.occurred < action.time; })) {
      Found(Policy::kBeforePurchase);
    }
    const bool delivered = order_.status == Status::kDelivered;
    const bool ended_early = order_.status == Status::kCanceled || order_.status == Status::kUnavailable;
    const bool shipped = delivered || order_.status == Status::kShipped;
    if (!ended_early && ((order_.delivery_time && !delivered) || (order_.carrier_time && !shipped))) {
      Found(Policy::kStatusContradictsTimes);
    }
  }

  // An agreement exists from the purchase on: what happened before it is told then.
  Action& Add(ActionKind kind, base::Time occurred) {
    return actions_.emplace_back(Action{.time = std::max(occurred, order_.purchase_time),
                                        .agreement = position_,
                                        .kind = kind,
                                        .deposit = 0,
                                        .occurred = occurred,
                                        .refused_by = std::nullopt});
  }

  const Order& order_;
  const std::uint32_t position_;
  Findings& findings_;
  std::int64_t paid_ = 0;
  AgreementPlan agreement_;
  std::vector<Action> actions_;
};

// The last time at which something happened. Estimates are promises, not events.
base::Time LastTime(const Order& order) {
  base::Time last = order.purchase_time;
  for (const auto& time : {order.approve_time, order.carrier_time, order.delivery_time}) {
    last = std::max(last, time.value_or(last));
  }
  for (const Review& review : order.reviews) {
    last = std::max(last, review.answer_time);
  }
  return last;
}

}  // namespace

std::int64_t AgreementPlan::required() const { return SumOf(freight) + SumOf(price); }

Plan MakePlan(const Dataset& data) {
  Plan plan{.agreements = {},
            .actions = {},
            .findings = data.findings,
            .begin = base::kTimeMax,
            .end = {},
            .order_rows = data.order_rows};
  std::vector<std::vector<Action>> actions;
  for (const Order& order : data.orders) {
    plan.end = std::max(plan.end, LastTime(order));
    OrderPlanner planner(order, static_cast<std::uint32_t>(plan.agreements.size()), plan.findings);
    if (!planner.Run()) {
      continue;
    }
    plan.agreements.push_back(planner.TakeAgreement());
    const auto& own = actions.emplace_back(planner.TakeActions());
    plan.begin = std::min(plan.begin, own.front().time);
    plan.end = std::max(plan.end, own.back().time);
  }
  for (std::size_t i = 0; i < actions.size(); ++i) {
    Predict(plan.agreements[i], actions[i], plan.end);
    std::optional<Policy> last;
    for (const Action& action : actions[i]) {
      if (action.refused_by && action.refused_by != last) {
        plan.findings.push_back({.policy = *action.refused_by, .order_id = plan.agreements[i].order_id, .detail = ""});
        last = action.refused_by;
      }
    }
    plan.actions.insert(plan.actions.end(), actions[i].begin(), actions[i].end());
  }
  std::ranges::sort(plan.actions, Earlier);
  return plan;
}

}  // namespace escrow::orders
