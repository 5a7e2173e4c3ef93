#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/core/world.h"

// Money on its way out: requested, sent, settled, failed, returned; by request and by itself.
namespace escrow::core::test {
namespace {

constexpr auto kPayable = v1::ACCOUNT_KIND_PAYABLE;
constexpr auto kRefundable = v1::ACCOUNT_KIND_REFUNDABLE;
constexpr auto kInTransit = v1::ACCOUNT_KIND_IN_TRANSIT;
constexpr auto kBank = v1::ACCOUNT_KIND_CUSTODY_BANK;

// "seller" has 965 to get, the platform 25, the operator 10.
World Settled() {
  v1::Agreement agreement = Contract({Step("m1", 1'000)});
  *agreement.mutable_milestones(0)->add_fees() = FixedFee(v1::Fee::BENEFICIARY_PLATFORM, 25);
  *agreement.mutable_milestones(0)->add_fees() = FixedFee(v1::Fee::BENEFICIARY_OPERATOR, 10);
  World world;
  EXPECT_EQ(world.Run(Create("a", agreement)), "OK");
  EXPECT_EQ(world.Run(Deposit("a", 1'000)), "OK");
  EXPECT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
  return world;
}

TEST(PayoutTest, LeavesWhenItSettles) {
  World world = Settled();
  EXPECT_EQ(world.Run(RequestPayout("p", kPayable, "seller", 965)), "OK");
  EXPECT_EQ(world.Payable("seller"), 0);
  EXPECT_EQ(world.Total(kInTransit), 965);
  EXPECT_EQ(world.PayoutState("p"), "REQUESTED");
  EXPECT_EQ(world.Run(SendPayout("p")), "OK");
  EXPECT_EQ(world.PayoutState("p"), "SENT");
  EXPECT_EQ(world.Total(kBank), 1'000);
  EXPECT_EQ(world.Run(SettlePayout("p")), "OK");
  EXPECT_EQ(world.PayoutState("p"), "SETTLED");
  EXPECT_EQ(world.Total(kInTransit), 0);
  EXPECT_EQ(world.Total(kBank), 35);
}

TEST(PayoutTest, ComesBackToItsAccountWhenItFails) {
  for (const bool sent : {false, true}) {
    World world = Settled();
    ASSERT_EQ(world.Run(RequestPayout("p", kPayable, "seller", 900)), "OK");
    if (sent) {
      ASSERT_EQ(world.Run(SendPayout("p")), "OK");
    }
    EXPECT_EQ(world.Run(FailPayout("p")), "OK");
    EXPECT_EQ(world.PayoutState("p"), "FAILED");
    EXPECT_EQ(world.Payable("seller"), 965);
    EXPECT_EQ(world.Total(kInTransit), 0);
    EXPECT_EQ(world.Total(kBank), 1'000);
  }
}

TEST(PayoutTest, ComesBackToItsAccountWhenItIsReturned) {
  World world = Settled();
  ASSERT_EQ(world.Run(RequestPayout("p", kPayable, "seller", 900)), "OK");
  ASSERT_EQ(world.Run(SendPayout("p")), "OK");
  ASSERT_EQ(world.Run(SettlePayout("p")), "OK");
  EXPECT_EQ(world.Total(kBank), 100);
  EXPECT_EQ(world.Run(ReturnPayout("p")), "OK");
  EXPECT_EQ(world.PayoutState("p"), "RETURNED");
  EXPECT_EQ(world.Payable("seller"), 965);
  EXPECT_EQ(world.Total(kBank), 1'000);
  EXPECT_EQ(world.Run(RequestPayout("p2", kPayable, "seller", 965)), "OK");
}

TEST(PayoutTest, EverySource) {
  World world = Settled();
  EXPECT_EQ(world.Run(Deposit("a", 40)), "OK");  // goes back
  EXPECT_EQ(world.Run(RequestPayout("p1", kRefundable, "buyer", 40)), "OK");
  EXPECT_EQ(world.Run(RequestPayout("p2", v1::ACCOUNT_KIND_PLATFORM_FEES, "", 25)), "OK");
  EXPECT_EQ(world.Run(RequestPayout("p3", v1::ACCOUNT_KIND_OPERATOR_FEES, "", 10)), "PERMISSION_DENIED");
  EXPECT_EQ(world.Run(Operator(), RequestPayout("p3", v1::ACCOUNT_KIND_OPERATOR_FEES, "", 10)), "OK");
  EXPECT_EQ(world.Run(Operator(), RequestPayout("p4", v1::ACCOUNT_KIND_PLATFORM_FEES, "", 10)), "PERMISSION_DENIED");
  EXPECT_EQ(world.Total(kInTransit), 75);
}

TEST(PayoutTest, WhatIsNotThereCannotLeave) {
  World world = Settled();
  EXPECT_EQ(world.Run(RequestPayout("p", kPayable, "seller", 966)), "INSUFFICIENT_FUNDS");
  EXPECT_EQ(world.Run(RequestPayout("p", kPayable, "seller2", 1)), "INSUFFICIENT_FUNDS");
  EXPECT_EQ(world.Run(RequestPayout("p", kRefundable, "seller", 1)), "INSUFFICIENT_FUNDS");
  EXPECT_EQ(world.Run(RequestPayout("p", v1::ACCOUNT_KIND_PLATFORM_FEES, "", 26)), "INSUFFICIENT_FUNDS");
  v1::Command in_dollars = RequestPayout("p", kPayable, "seller", 1);
  in_dollars.mutable_request_payout()->mutable_payout()->mutable_amount()->set_currency_code("USD");
  EXPECT_EQ(world.Run(in_dollars), "INSUFFICIENT_FUNDS");
}

TEST(PayoutTest, MalformedRequestsAreRefused) {
  World world = Settled();
  EXPECT_EQ(world.Run(RequestPayout("auto-7", kPayable, "seller", 1)), "INVALID_NAME");
  EXPECT_EQ(world.Run(RequestPayout("P", kPayable, "seller", 1)), "INVALID_NAME");
  EXPECT_EQ(world.Run(RequestPayout("p", kPayable, "nobody", 1)), "PARTY_NOT_FOUND");
  EXPECT_EQ(world.Run(RequestPayout("p", kPayable, "", 1)), "MISSING_FIELD");
  EXPECT_EQ(world.Run(RequestPayout("p", v1::ACCOUNT_KIND_CUSTODY, "seller", 1)), "INVALID_FIELD");
  EXPECT_EQ(world.Run(RequestPayout("p", v1::ACCOUNT_KIND_PLATFORM_FEES, "seller", 1)), "INVALID_FIELD");
  EXPECT_EQ(world.Run(RequestPayout("p", kPayable, "seller", 1)), "OK");
  EXPECT_EQ(world.Run(RequestPayout("p", kPayable, "seller", 1)), "PAYOUT_EXISTS");
  EXPECT_EQ(world.Run(SendPayout("q")), "PAYOUT_NOT_FOUND");
}

// An agreement of 100 whose money leaves by itself `delay` seconds after its release.
World Automatic(std::int64_t delay) {
  v1::Agreement agreement = Contract({Step("m1", 100), Step("m2", 200)});
  agreement.mutable_policies()->set_payout(v1::Policies::PAYOUT_AUTOMATIC);
  if (delay > 0) {
    agreement.mutable_policies()->mutable_payout_delay()->set_seconds(delay);
  }
  World world;
  EXPECT_EQ(world.Run(Create("a", agreement)), "OK");
  EXPECT_EQ(world.Run(Deposit("a", 300)), "OK");
  return world;
}

std::vector<v1::Event> PayoutsIn(const World& world) {
  std::vector<v1::Event> payouts;
  for (const v1::Event& event : world.log()) {
    if (event.has_payout_requested()) {
      payouts.push_back(event);
    }
  }
  return payouts;
}

TEST(AutomaticPayoutTest, LeavesAfterItsDelay) {
  World world = Automatic(2 * kDay);
  world.Advance(kDay);
  ASSERT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
  EXPECT_EQ(world.Payable("seller"), 100);
  // It is spoken for.
  EXPECT_EQ(world.Run(RequestPayout("p", kPayable, "seller", 1)), "INSUFFICIENT_FUNDS");
  const base::Time due = base::AddSeconds(kStart, 3 * kDay);
  world.AdvanceTo(base::Time{due.ns - 1});
  EXPECT_TRUE(PayoutsIn(world).empty());
  world.AdvanceTo(due);
  ASSERT_EQ(PayoutsIn(world).size(), 1U);
  const v1::Event event = PayoutsIn(world)[0];
  EXPECT_EQ(event.payout_requested().payout_id(), "auto-" + std::to_string(event.sequence()));
  EXPECT_EQ(event.payout_requested().source(), kPayable);
  EXPECT_EQ(event.payout_requested().party_id(), "seller");
  EXPECT_EQ(event.payout_requested().minor_units(), 100);
  EXPECT_EQ(world.Payable("seller"), 0);
  EXPECT_EQ(world.Run(SendPayout(event.payout_requested().payout_id())), "OK");
}

TEST(AutomaticPayoutTest, LeavesAtOnceWithoutDelay) {
  World world = Automatic(0);
  ASSERT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
  world.Expire();
  ASSERT_EQ(PayoutsIn(world).size(), 1U);
  EXPECT_EQ(world.Payable("seller"), 0);
}

// A timer that is due happens at its own moment, also when a payout of its agreement is the first to move after it.
TEST(AutomaticPayoutTest, SendingAPayoutDoesNotDelayTheTimersOfItsAgreement) {
  const base::Time due = base::AddSeconds(kStart, kDay);
  v1::Agreement agreement = Contract({Step("m1", 100), Step("m2", 200, NeedsOrDeemed(kReceipt, kBuyer, At(due)))});
  agreement.mutable_policies()->set_payout(v1::Policies::PAYOUT_AUTOMATIC);
  World world;
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  ASSERT_EQ(world.Run(Deposit("a", 300)), "OK");
  ASSERT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
  ASSERT_EQ(PayoutsIn(world).size(), 1U);
  ASSERT_EQ(world.Run(AdvanceClock(base::AddSeconds(kStart, 3 * kDay))), "OK");
  ASSERT_EQ(world.Run(SendPayout(PayoutsIn(world)[0].payout_requested().payout_id())), "OK");
  std::uint64_t deemed = 0;
  std::uint64_t sent = 0;
  for (const v1::Event& event : world.log()) {
    if (event.has_confirmation_deemed()) {
      deemed = event.sequence();
      EXPECT_EQ(event.effective_time().seconds(), due.ns / base::kNsPerSecond);
    }
    sent = event.has_payout_sent() ? event.sequence() : sent;
  }
  EXPECT_NE(deemed, 0U);
  EXPECT_LT(deemed, sent);
}

TEST(AutomaticPayoutTest, RefundsLeaveToo) {
  World world = Automatic(kDay);
  ASSERT_EQ(world.Run(Cancel("a", {"buyer", "seller"})), "OK");
  EXPECT_EQ(world.Refundable("buyer"), 300);
  world.Advance(kDay);
  std::int64_t sum = 0;
  for (const v1::Event& event : PayoutsIn(world)) {
    EXPECT_EQ(event.payout_requested().source(), kRefundable);
    EXPECT_EQ(event.payout_requested().party_id(), "buyer");
    sum += event.payout_requested().minor_units();
  }
  EXPECT_EQ(sum, 300);
  EXPECT_EQ(world.Refundable("buyer"), 0);
}

TEST(AutomaticPayoutTest, OnlyItsOwnMoneyIsSpokenFor) {
  World world = Automatic(kDay);
  ASSERT_EQ(world.Run(Create("b", Contract({Step("m1", 50)}))), "OK");
  ASSERT_EQ(world.Run(Deposit("b", 50)), "OK");
  ASSERT_EQ(world.Run(Confirm("b", "m1", kReceipt, "buyer")), "OK");
  ASSERT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
  EXPECT_EQ(world.Payable("seller"), 150);
  EXPECT_EQ(world.Run(RequestPayout("p", kPayable, "seller", 51)), "INSUFFICIENT_FUNDS");
  EXPECT_EQ(world.Run(RequestPayout("p2", kPayable, "seller", 50)), "OK");
  world.Advance(kDay);
  EXPECT_EQ(world.Payable("seller"), 0);
}

}  // namespace
}  // namespace escrow::core::test
