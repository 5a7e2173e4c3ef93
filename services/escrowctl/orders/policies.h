#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace escrow::orders {

// What is done with each kind of row that does not simply run. Every row that is not clean gets at least one of these;
// the report counts them, and docs/ORDERS.md lists them.
enum class Policy {
  // Rows that make no agreement.
  kUnreadableRow,
  kOrphanRow,
  kDuplicateOrder,
  kNothingToHold,
  kTooManySellers,
  // Money.
  kNoItems,
  kNoFreight,
  kZeroShare,
  kZeroPayment,
  kNoPayment,
  kOverpaid,
  kShortWithinTolerance,
  kUnderpaid,
  // Times.
  kMissingApproval,
  kMissingCarrierTime,
  kMissingDeliveryTime,
  kNoUsableEstimate,
  kConfirmedBeforePaid,
  kDeliveredBeforeShipped,
  kBeforePurchase,
  kStatusContradictsTimes,
  // Ends.
  kAfterDeadline,
  kCancelledAfterShipment,
  kCancelledAfterDelivery,
  kCancelledTooLate,
  kAfterCancellation,
  kStillOpen,
  // Buyers.
  kSilentBuyer,
  kReceiptBeforeDelivery,
  kReceiptWithoutDelivery,
  kReceiptAfterSilence,
  kSeveralReviews,
};
inline constexpr std::size_t kPolicies = static_cast<std::size_t>(Policy::kSeveralReviews) + 1;

struct PolicyRow {
  Policy policy;
  std::string_view name;  // no-items
  std::string_view when;  // what the data say
  std::string_view then;  // what is done
};

// Every policy in the order of the enum.
[[nodiscard]] const std::array<PolicyRow, kPolicies>& PolicyTable();
[[nodiscard]] const PolicyRow& RowOf(Policy policy);

// A policy that was applied to an order.
struct Finding {
  Policy policy{};
  std::string order_id;
  std::string detail;  // file:line or values; may be empty

  friend bool operator==(const Finding&, const Finding&) = default;
};

using Findings = std::vector<Finding>;

}  // namespace escrow::orders
