#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/core/world.h"

// When money that came in moves into custody, and when it goes back: every funding policy of policy.proto.
namespace escrow::core::test {
namespace {

using Facts = std::vector<std::string>;

v1::Agreement TwoSteps(v1::Policies::Funding funding) {
  v1::Agreement agreement = Contract({Step("m1", 100), Step("m2", 200)});
  agreement.mutable_policies()->set_funding(funding);
  return agreement;
}

TEST(FundingTest, InFullWaitsForEverything) {
  World world;
  ASSERT_EQ(world.Run(Create("a", TwoSteps(v1::Policies::FUNDING_IN_FULL))), "OK");
  EXPECT_EQ(world.StateOf("a"), "ACTIVE");
  EXPECT_EQ(world.Run(Deposit("a", 299)), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 299, .unallocated = 299}));
  EXPECT_EQ(world.StateOf("a", "m1"), "PENDING");
  EXPECT_EQ(world.Run(Deposit("a", 1)), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 300, .held = 300}));
  EXPECT_EQ(world.StateOf("a", "m1"), "FUNDED");
  EXPECT_EQ(world.StateOf("a", "m2"), "FUNDED");
  EXPECT_EQ(world.Facts(), (Facts{"deposit_recorded", "milestone_funded", "milestone_funded"}));
}

TEST(FundingTest, PerMilestoneGoesInOrder) {
  World world;
  ASSERT_EQ(world.Run(Create("a", TwoSteps(v1::Policies::FUNDING_PER_MILESTONE))), "OK");
  EXPECT_EQ(world.Run(Deposit("a", 99)), "OK");
  EXPECT_EQ(world.StateOf("a", "m1"), "PENDING");
  EXPECT_EQ(world.Run(Deposit("a", 51)), "OK");
  EXPECT_EQ(world.StateOf("a", "m1"), "FUNDED");
  EXPECT_EQ(world.StateOf("a", "m2"), "PENDING");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 150, .held = 100, .unallocated = 50}));
  EXPECT_EQ(world.Run(Deposit("a", 150)), "OK");
  EXPECT_EQ(world.StateOf("a", "m2"), "FUNDED");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 300, .held = 300}));
}

TEST(FundingTest, OneDepositMayFundSeveralMilestones) {
  World world;
  ASSERT_EQ(world.Run(Create("a", TwoSteps(v1::Policies::FUNDING_PER_MILESTONE))), "OK");
  EXPECT_EQ(world.Run(Deposit("a", 300)), "OK");
  EXPECT_EQ(world.Facts(), (Facts{"deposit_recorded", "milestone_funded", "milestone_funded"}));
}

TEST(FundingTest, PartsThatDoNotCompleteAStepGoBackWhenThePolicySaysSo) {
  World world;
  v1::Agreement agreement = TwoSteps(v1::Policies::FUNDING_IN_FULL);
  agreement.mutable_policies()->set_partial_deposit(v1::Policies::PARTIAL_DEPOSIT_RETURN);
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  EXPECT_EQ(world.Run(Deposit("a", 299)), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 299, .refunded = 299}));
  EXPECT_EQ(world.Refundable("buyer"), 299);
  ASSERT_EQ(world.Facts(), (Facts{"deposit_recorded", "unallocated_returned"}));
  EXPECT_EQ(world.events()[1].unallocated_returned().cause(), v1::UnallocatedReturned::CAUSE_PARTIAL);
  EXPECT_EQ(world.Run(Deposit("a", 300)), "OK");
  EXPECT_EQ(world.StateOf("a", "m2"), "FUNDED");
}

TEST(FundingTest, TheRestOfAStepGoesBackWhenPartsAreReturned) {
  World world;
  v1::Agreement agreement = TwoSteps(v1::Policies::FUNDING_PER_MILESTONE);
  agreement.mutable_policies()->set_partial_deposit(v1::Policies::PARTIAL_DEPOSIT_RETURN);
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  EXPECT_EQ(world.Run(Deposit("a", 150)), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 150, .held = 100, .refunded = 50}));
}

TEST(FundingTest, TooMuchGoesBackAtOnceByDefault) {
  World world;
  ASSERT_EQ(world.Run(Create("a", TwoSteps(v1::Policies::FUNDING_IN_FULL))), "OK");
  EXPECT_EQ(world.Run(Deposit("a", 301)), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 301, .held = 300, .refunded = 1}));
  EXPECT_EQ(world.events().back().unallocated_returned().cause(), v1::UnallocatedReturned::CAUSE_OVERFUNDED);
  EXPECT_EQ(world.Run(Deposit("a", 5)), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 306, .held = 300, .refunded = 6}));
}

TEST(FundingTest, TooMuchIsHeldUntilTheEndWhenThePolicySaysSo) {
  World world;
  v1::Agreement agreement = TwoSteps(v1::Policies::FUNDING_IN_FULL);
  agreement.mutable_policies()->set_overfunding(v1::Policies::OVERFUNDING_HOLD);
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  EXPECT_EQ(world.Run(Deposit("a", 301)), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 301, .held = 300, .unallocated = 1}));
  EXPECT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 301, .held = 200, .released = 100, .unallocated = 1}));
  EXPECT_EQ(world.Run(Confirm("a", "m2", kReceipt, "buyer")), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 301, .released = 300, .refunded = 1}));
  EXPECT_EQ(world.Facts().back(), "agreement_closed");
}

TEST(FundingTest, SlightlyTooLittleIsEnoughWithinTheTolerance) {
  v1::Agreement agreement = TwoSteps(v1::Policies::FUNDING_IN_FULL);
  agreement.mutable_policies()->set_underfunding(v1::Policies::UNDERFUNDING_ACCEPT_WITHIN_TOLERANCE);
  agreement.mutable_policies()->set_underfunding_tolerance_minor_units(5);
  World world;
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  EXPECT_EQ(world.Run(Deposit("a", 294)), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 294, .unallocated = 294}));
  EXPECT_EQ(world.Run(Deposit("a", 1)), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 295, .held = 295}));
  EXPECT_EQ(world.events().back().milestone_funded().milestone_index(), 1U);
  EXPECT_EQ(world.events().back().milestone_funded().shortfall_minor_units(), 5);
  EXPECT_EQ(world.Get("a").milestones[0].held, 100);
  EXPECT_EQ(world.Get("a").milestones[1].held, 195);
  // What comes after that is too much.
  EXPECT_EQ(world.Run(Deposit("a", 5)), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 300, .held = 295, .refunded = 5}));
}

TEST(FundingTest, TheToleranceIsForTheLastMilestoneAlone) {
  v1::Agreement agreement = TwoSteps(v1::Policies::FUNDING_PER_MILESTONE);
  agreement.mutable_policies()->set_underfunding(v1::Policies::UNDERFUNDING_ACCEPT_WITHIN_TOLERANCE);
  agreement.mutable_policies()->set_underfunding_tolerance_minor_units(5);
  World world;
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  EXPECT_EQ(world.Run(Deposit("a", 98)), "OK");
  EXPECT_EQ(world.StateOf("a", "m1"), "PENDING");
  EXPECT_EQ(world.Run(Deposit("a", 2)), "OK");
  EXPECT_EQ(world.StateOf("a", "m1"), "FUNDED");
  EXPECT_EQ(world.Run(Deposit("a", 197)), "OK");
  EXPECT_EQ(world.StateOf("a", "m2"), "FUNDED");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 297, .held = 297}));
}

TEST(FundingTest, MoneyForAProposalWaitsForItsAcceptance) {
  v1::Agreement agreement = TwoSteps(v1::Policies::FUNDING_IN_FULL);
  agreement.mutable_policies()->set_acceptance(v1::Policies::ACCEPTANCE_BY_PARTIES);
  World world;
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  EXPECT_EQ(world.StateOf("a"), "PROPOSED");
  EXPECT_EQ(world.Run(Deposit("a", 300)), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 300, .unallocated = 300}));
  EXPECT_EQ(world.Run(Accept("a", "seller")), "OK");
  EXPECT_EQ(world.Run(Accept("a", "buyer")), "OK");
  EXPECT_EQ(world.Facts(),
            (Facts{"agreement_accepted", "agreement_activated", "milestone_funded", "milestone_funded"}));
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 300, .held = 300}));
}

TEST(FundingTest, LateMoneyGoesBackByDefault) {
  v1::Agreement agreement = Contract({Step("m1", 100)});
  agreement.mutable_policies()->set_missed_milestone(v1::Policies::MISSED_MILESTONE_CONTINUE);
  *agreement.mutable_milestones(0)->mutable_funding_deadline() = After(v1::Timer::START_AGREEMENT_ACTIVATED, kDay);
  World world;
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  world.Advance(kDay);
  EXPECT_EQ(world.StateOf("a", "m1"), "PENDING");
  EXPECT_EQ(world.Run(Deposit("a", 100)), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 100, .refunded = 100}));
  EXPECT_TRUE(world.events()[0].deposit_recorded().late());
  EXPECT_EQ(world.events()[1].unallocated_returned().cause(), v1::UnallocatedReturned::CAUSE_LATE);
}

TEST(FundingTest, LateMoneyFundsWhenThePolicySaysSo) {
  v1::Agreement agreement = Contract({Step("m1", 100)});
  agreement.mutable_policies()->set_missed_milestone(v1::Policies::MISSED_MILESTONE_CONTINUE);
  agreement.mutable_policies()->set_late_funding(v1::Policies::LATE_FUNDING_ACCEPT);
  *agreement.mutable_milestones(0)->mutable_funding_deadline() = After(v1::Timer::START_AGREEMENT_ACTIVATED, kDay);
  World world;
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  world.Advance(kDay);
  EXPECT_EQ(world.Run(Deposit("a", 100)), "OK");
  EXPECT_EQ(world.StateOf("a", "m1"), "FUNDED");
}

TEST(FundingTest, TheDeadlineItselfIsTooLate) {
  for (const std::int64_t ns_before : {1, 0}) {
    v1::Agreement agreement = Contract({Step("m1", 100)});
    const base::Time deadline = base::AddSeconds(kStart, kDay);
    *agreement.mutable_milestones(0)->mutable_funding_deadline() = At(deadline);
    World world;
    ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
    world.AdvanceSilently(base::Time{deadline.ns - ns_before});
    EXPECT_EQ(world.Run(Deposit("a", 100)), "OK");
    EXPECT_EQ(world.StateOf("a", "m1"), ns_before == 1 ? "FUNDED" : "EXPIRED");
    EXPECT_EQ(world.Refundable("buyer"), ns_before == 1 ? 0 : 100);
  }
}

TEST(FundingTest, MoneyForAnEndedAgreementIsBookedAndGoesBack) {
  World world;
  ASSERT_EQ(world.Run(Create("a", Contract({Step("m1", 100)}))), "OK");
  ASSERT_EQ(world.Run(Cancel("a", {"buyer", "seller"})), "OK");
  EXPECT_EQ(world.StateOf("a"), "CANCELLED");
  EXPECT_EQ(world.Run(Deposit("a", 70)), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 70, .refunded = 70}));
  EXPECT_EQ(world.Total(v1::ACCOUNT_KIND_CUSTODY_BANK), 70);
  EXPECT_TRUE(world.events()[0].deposit_recorded().late());
}

TEST(FundingTest, OneStepIsReleasedWhenFunded) {
  v1::Agreement agreement = Contract({Step("m1", 100)});
  agreement.mutable_milestones(0)->clear_release_when();
  agreement.mutable_milestones(0)->set_release_on_funding(true);
  World world;
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  EXPECT_EQ(world.Run(Deposit("a", 100)), "OK");
  EXPECT_EQ(world.Facts(), (Facts{"deposit_recorded", "milestone_funded", "milestone_released", "agreement_closed"}));
  EXPECT_EQ(world.events()[2].milestone_released().cause(), v1::MOVE_CAUSE_FUNDED);
  EXPECT_EQ(world.Payable("seller"), 100);
  EXPECT_EQ(world.StateOf("a"), "SETTLED");
}

TEST(FundingTest, EachDepositIdCountsOnce) {
  World world;
  ASSERT_EQ(world.Run(Create("a", TwoSteps(v1::Policies::FUNDING_IN_FULL))), "OK");
  EXPECT_EQ(world.Run(Deposit("a", 100, "bank-1")), "OK");
  EXPECT_EQ(world.Run(Deposit("a", 100, "bank-1")), "DEPOSIT_EXISTS");
  EXPECT_EQ(world.Run(Deposit("a", 100, "bank-2")), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 200, .unallocated = 200}));
}

}  // namespace
}  // namespace escrow::core::test
