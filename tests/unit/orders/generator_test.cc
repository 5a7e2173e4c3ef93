#include "escrowctl/orders/generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "crypto/sha256.h"
#include "escrowctl/orders/plan.h"
#include "escrowctl/values.h"

namespace escrow::orders {
namespace {

std::string All(const DatasetTexts& texts) { return texts.orders + texts.items + texts.payments + texts.reviews; }

TEST(Generator, GivesTheSameBytesForTheSameSeed) {
  EXPECT_EQ(All(Generate(50, 7)), All(Generate(50, 7)));
  EXPECT_NE(All(Generate(50, 7)), All(Generate(50, 8)));
}

// On every machine: the digest is part of the promise.
TEST(Generator, GivesTheSameBytesEverywhere) {
  const crypto::Digest digest = crypto::Sha256Of(All(Generate(50, 7)));
  EXPECT_EQ(ctl::HexOf(std::string(digest.begin(), digest.end())),
            "d79b4350dddc300462646e10f3fe2b85dfd2cfa3031409682f6cadc02f5b4ce5");
}

TEST(Generator, MakesReadableOrdersOfEveryKind) {
  const auto data = ReadDataset(Generate(2'000, 1));
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->orders.size(), 2'000U);
  EXPECT_TRUE(data->findings.empty());
  const Plan plan = MakePlan(*data);
  std::set<Policy> policies;
  for (const Finding& finding : plan.findings) {
    policies.insert(finding.policy);
  }
  for (const Policy policy : {Policy::kNothingToHold,
                              Policy::kNoItems,
                              Policy::kNoFreight,
                              Policy::kZeroPayment,
                              Policy::kOverpaid,
                              Policy::kShortWithinTolerance,
                              Policy::kUnderpaid,
                              Policy::kMissingApproval,
                              Policy::kMissingCarrierTime,
                              Policy::kMissingDeliveryTime,
                              Policy::kConfirmedBeforePaid,
                              Policy::kDeliveredBeforeShipped,
                              Policy::kBeforePurchase,
                              Policy::kAfterDeadline,
                              Policy::kCancelledAfterShipment,
                              Policy::kCancelledAfterDelivery,
                              Policy::kAfterCancellation,
                              Policy::kStillOpen,
                              Policy::kSilentBuyer,
                              Policy::kReceiptBeforeDelivery,
                              Policy::kReceiptWithoutDelivery,
                              Policy::kReceiptAfterSilence,
                              Policy::kSeveralReviews}) {
    EXPECT_TRUE(policies.contains(policy)) << RowOf(policy).name;
  }
  std::set<std::string_view> currencies;
  for (const AgreementPlan& agreement : plan.agreements) {
    currencies.insert(agreement.currency.code());
  }
  EXPECT_EQ(currencies, (std::set<std::string_view>{"BRL", "EUR", "JPY", "KWD"}));
}

}  // namespace
}  // namespace escrow::orders
