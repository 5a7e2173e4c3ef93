#include "escrowctl/orders/policies.h"

#include "base/assert.h"

namespace escrow::orders {

const std::array<PolicyRow, kPolicies>& PolicyTable() {
  static constexpr std::array<PolicyRow, kPolicies> kTable = {{
      {Policy::kUnreadableRow, "unreadable-row", "a value in one of the order's rows cannot be read",
       "no agreement; listed with file and line"},
      {Policy::kOrphanRow, "orphan-row", "an item, payment or review of an order that the data do not have", "listed"},
      {Policy::kDuplicateOrder, "duplicate-order", "a second row with the same order id", "the first counts; listed"},
      {Policy::kNothingToHold, "nothing-to-hold", "neither a price nor, without items, a payment above zero",
       "no agreement; listed"},
      {Policy::kTooManySellers, "too-many-sellers", "more sellers than an agreement has participants",
       "no agreement; listed"},
      {Policy::kNoItems, "no-items", "an order without items",
       "one milestone over the sum paid, payee unassigned-seller; the money is held and goes back at the end"},
      {Policy::kNoFreight, "no-freight", "items whose freight adds up to zero",
       "no carrier milestone; the hand-over is a condition of the receipt milestone instead"},
      {Policy::kZeroShare, "zero-share", "a seller among several whose freight or price is zero",
       "no payee of that milestone"},
      {Policy::kZeroPayment, "zero-payment", "a payment of zero", "no deposit"},
      {Policy::kNoPayment, "no-payment", "no payment above zero", "the agreement is made and waits for money"},
      {Policy::kOverpaid, "overpaid", "payments above the sum of the items",
       "the surplus is refundable to the buyer at once"},
      {Policy::kShortWithinTolerance, "short-within-tolerance", "payments short by at most 5 minor units",
       "funded all the same; payees and fee share the shortfall"},
      {Policy::kUnderpaid, "underpaid", "payments short by more than 5 minor units",
       "the money waits unallocated; nothing is released; it goes back when the agreement ends"},
      {Policy::kMissingApproval, "missing-approval", "order_approved_at is missing", "paid at the time of purchase"},
      {Policy::kMissingCarrierTime, "missing-carrier-time",
       "delivered or shipped, but order_delivered_carrier_date is missing",
       "handed over together with the delivery, or when it was paid"},
      {Policy::kMissingDeliveryTime, "missing-delivery-time", "delivered, but order_delivered_customer_date is missing",
       "delivered on the estimated date, not before the hand-over"},
      {Policy::kNoUsableEstimate, "no-usable-estimate", "the estimated date is missing or before the purchase",
       "the agreement has no delivery deadline"},
      {Policy::kConfirmedBeforePaid, "confirmed-before-paid", "handed over or delivered before the payment",
       "recorded at once, at the seller's risk; money moves when it is there"},
      {Policy::kDeliveredBeforeShipped, "delivered-before-shipped", "delivered before handed over",
       "recorded in the order of the data; each milestone is released by its own confirmation"},
      {Policy::kBeforePurchase, "before-purchase", "something happened before the purchase",
       "recorded at the purchase, with its own time as the time of occurrence"},
      {Policy::kStatusContradictsTimes, "status-contradicts-times",
       "a time of hand-over or delivery that the order's status does not have", "the times count"},
      {Policy::kAfterDeadline, "after-deadline", "a delivery or a receipt later than 30 days after the estimate",
       "expired at the deadline, back to the buyer; what comes later is refused"},
      {Policy::kCancelledAfterShipment, "cancelled-after-shipment", "cancelled after the hand-over",
       "the freight stays released; the price goes back"},
      {Policy::kCancelledAfterDelivery, "cancelled-after-delivery", "cancelled, but delivered",
       "what is still in custody at the last known time goes back"},
      {Policy::kCancelledTooLate, "cancelled-too-late", "cancelled, but everything was released before",
       "settled; the cancellation is refused"},
      {Policy::kAfterCancellation, "after-cancellation", "a receipt after the cancellation", "refused"},
      {Policy::kStillOpen, "still-open", "never handed over and not cancelled",
       "no delivery deadline runs; open when the data end"},
      {Policy::kSilentBuyer, "silent-buyer", "delivered, and the first review has score 1 or 2, or there is none",
       "the buyer is silent; receipt is deemed 7 days after delivery"},
      {Policy::kReceiptBeforeDelivery, "receipt-before-delivery", "the review was answered before the delivery",
       "recorded; released with the delivery"},
      {Policy::kReceiptWithoutDelivery, "receipt-without-delivery",
       "a review with score 3 to 5 of an order that was never delivered", "recorded; releases nothing by itself"},
      {Policy::kReceiptAfterSilence, "receipt-after-silence",
       "the review was answered later than 7 days after delivery",
       "receipt was deemed before; the late one is refused"},
      {Policy::kSeveralReviews, "several-reviews", "more than one review", "the first answer counts"},
  }};
  return kTable;
}

const PolicyRow& RowOf(Policy policy) {
  const PolicyRow& row = PolicyTable().at(static_cast<std::size_t>(policy));
  ESCROW_ASSERT(row.policy == policy);
  return row;
}

}  // namespace escrow::orders
