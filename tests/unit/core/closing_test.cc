#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/core/world.h"

// Ways to the end by will: acceptance, cancellation by consent, refunds by the seller, releases by the buyer.
namespace escrow::core::test {
namespace {

using Facts = std::vector<std::string>;

World Funded(v1::Agreement agreement, std::int64_t amount) {
  World world;
  EXPECT_EQ(world.Run(Create("a", std::move(agreement))), "OK");
  EXPECT_EQ(world.Run(Deposit("a", amount)), "OK");
  return world;
}

TEST(AcceptanceTest, NeedsBuyerAndEverySeller) {
  v1::Agreement agreement = Join(Contract({Step("m1", 100)}), kSeller, "seller2");
  agreement.mutable_policies()->set_acceptance(v1::Policies::ACCEPTANCE_BY_PARTIES);
  World world;
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  EXPECT_EQ(world.Run(Accept("a", "seller2")), "OK");
  EXPECT_EQ(world.Run(Accept("a", "seller2")), "ALREADY_ACCEPTED");
  EXPECT_EQ(world.Run(Accept("a", "stranger")), "PARTY_NOT_PARTICIPANT");
  EXPECT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "AGREEMENT_NOT_ACTIVE");
  EXPECT_EQ(world.Run(OfParty("buyer"), Accept("a", "")), "OK");
  EXPECT_EQ(world.StateOf("a"), "PROPOSED");
  EXPECT_EQ(world.Run(Accept("a", "seller")), "OK");
  EXPECT_EQ(world.Facts(), (Facts{"agreement_accepted", "agreement_activated"}));
  EXPECT_EQ(world.StateOf("a"), "ACTIVE");
  EXPECT_EQ(world.Run(Accept("a", "seller")), "AGREEMENT_NOT_PROPOSED");
}

TEST(CancelTest, NeedsEverybody) {
  World world = Funded(Contract({Step("m1", 100), Step("m2", 200)}), 300);
  EXPECT_EQ(world.Run(Cancel("a", {"seller"})), "OK");
  EXPECT_EQ(world.Facts(), Facts{"cancellation_consented"});
  EXPECT_EQ(world.StateOf("a"), "ACTIVE");
  EXPECT_EQ(world.Run(Cancel("a", {"seller"})), "ALREADY_CONSENTED");
  EXPECT_EQ(world.Run(Cancel("a", {"stranger"})), "PARTY_NOT_PARTICIPANT");
  EXPECT_EQ(world.Run(Cancel("a", {"buyer"})), "OK");
  EXPECT_EQ(world.Facts(), (Facts{"cancellation_consented", "agreement_cancelled", "milestone_refunded",
                                  "milestone_refunded", "agreement_closed"}));
  EXPECT_EQ(world.StateOf("a"), "CANCELLED");
  EXPECT_EQ(world.StateOf("a", "m1"), "CANCELLED");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 300, .refunded = 300}));
  EXPECT_EQ(world.Refundable("buyer"), 300);
}

TEST(CancelTest, GivesBackWhatIsNotReleased) {
  World world = Funded(Contract({Step("m1", 100), Step("m2", 200)}), 300);
  ASSERT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
  ASSERT_EQ(world.Run(Cancel("a", {"buyer", "seller"})), "OK");
  EXPECT_EQ(world.StateOf("a"), "CANCELLED");
  EXPECT_EQ(world.StateOf("a", "m1"), "RELEASED");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 300, .released = 100, .refunded = 200}));
}

TEST(CancelTest, GivesBackWhatIsUnallocated) {
  World world = Funded(Contract({Step("m1", 100), Step("m2", 200)}), 299);
  ASSERT_EQ(world.Run(Cancel("a", {"buyer", "seller"})), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 299, .refunded = 299}));
}

TEST(CancelTest, AProposalCanBeCancelled) {
  v1::Agreement agreement = Contract({Step("m1", 100)});
  agreement.mutable_policies()->set_acceptance(v1::Policies::ACCEPTANCE_BY_PARTIES);
  World world = Funded(agreement, 100);
  EXPECT_EQ(world.Run(Cancel("a", {"buyer", "seller"})), "OK");
  EXPECT_EQ(world.StateOf("a"), "CANCELLED");
  EXPECT_EQ(world.Refundable("buyer"), 100);
}

TEST(RefundTest, TheWholeEndsTheMilestone) {
  World world = Funded(Contract({Step("m1", 100), Step("m2", 200)}), 300);
  EXPECT_EQ(world.Run(Refund("a", "m1")), "OK");
  EXPECT_EQ(world.events()[0].milestone_refunded().cause(), v1::MOVE_CAUSE_SELLER_WILL);
  EXPECT_EQ(world.StateOf("a", "m1"), "REFUNDED");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 300, .held = 200, .refunded = 100}));
  EXPECT_EQ(world.Run(Refund("a", "m1")), "MILESTONE_ENDED");
  EXPECT_EQ(world.Run(Refund("a", "m2")), "OK");
  EXPECT_EQ(world.StateOf("a"), "SETTLED");
}

TEST(RefundTest, APartLeavesTheRestToBeReleased) {
  World world = Funded(Contract({Step("m1", 100)}), 100);
  EXPECT_EQ(world.Run(Refund("a", "m1", 101)), "INSUFFICIENT_FUNDS");
  EXPECT_EQ(world.Run(Refund("a", "m1", 40)), "OK");
  EXPECT_EQ(world.StateOf("a", "m1"), "FUNDED");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 100, .held = 60, .refunded = 40}));
  EXPECT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 100, .released = 60, .refunded = 40}));
  EXPECT_EQ(world.StateOf("a", "m1"), "RELEASED");
}

TEST(RefundTest, ThePartsMayAddUpToTheWhole) {
  World world = Funded(Contract({Step("m1", 100)}), 100);
  EXPECT_EQ(world.Run(Refund("a", "m1", 40)), "OK");
  EXPECT_EQ(world.Run(Refund("a", "m1", 60)), "OK");
  EXPECT_EQ(world.StateOf("a", "m1"), "REFUNDED");
  EXPECT_EQ(world.StateOf("a"), "SETTLED");
}

TEST(RefundTest, OnlyTheOnlySellerRefunds) {
  World world = Funded(Join(Contract({Step("m1", 100)}), kSeller, "seller2"), 100);
  EXPECT_EQ(world.Run(OfParty("seller"), Refund("a", "m1", 0, "")), "NOT_SOLE_SELLER");
  World other = Funded(Contract({Step("m1", 100)}), 100);
  EXPECT_EQ(other.Run(Refund("a", "m1", 0, "buyer")), "PARTY_NOT_PARTICIPANT");
  EXPECT_EQ(other.Run(OfParty("seller"), Refund("a", "m1", 0, "")), "OK");
}

TEST(RefundTest, NothingToRefund) {
  World world = Funded(Contract({Step("m1", 100)}), 99);
  EXPECT_EQ(world.Run(Refund("a", "m1")), "MILESTONE_NOT_FUNDED");
}

TEST(ReleaseTest, TheBuyerMayReleaseEarly) {
  World world = Funded(Contract({Step("m1", 100, AllOf({Needs(kShipment, kSeller), Needs(kReceipt, kBuyer)}))}), 100);
  EXPECT_EQ(world.Run(Release("a", "m1", 0, "seller")), "PARTY_NOT_PARTICIPANT");
  EXPECT_EQ(world.Run(OfParty("buyer"), Release("a", "m1", 0, "")), "OK");
  EXPECT_EQ(world.events()[0].milestone_released().cause(), v1::MOVE_CAUSE_BUYER_WILL);
  EXPECT_EQ(world.StateOf("a"), "SETTLED");
  EXPECT_EQ(world.Payable("seller"), 100);
}

TEST(ReleaseTest, PartsNeedThePolicy) {
  World world = Funded(Contract({Step("m1", 100)}), 100);
  EXPECT_EQ(world.Run(Release("a", "m1", 99)), "PARTIAL_RELEASE_FORBIDDEN");
  v1::Agreement agreement = Contract({Step("m1", 100)});
  agreement.mutable_policies()->set_partial_release(v1::Policies::PARTIAL_RELEASE_ALLOW);
  World allowed = Funded(agreement, 100);
  EXPECT_EQ(allowed.Run(Release("a", "m1", 101)), "INSUFFICIENT_FUNDS");
  EXPECT_EQ(allowed.Run(Release("a", "m1", 99)), "OK");
  EXPECT_FALSE(allowed.events()[0].milestone_released().final());
  EXPECT_EQ(allowed.Run(Release("a", "m1", 1)), "OK");
  EXPECT_TRUE(allowed.events()[0].milestone_released().final());
  EXPECT_EQ(allowed.StateOf("a"), "SETTLED");
}

TEST(ReleaseTest, ReleaseAndRefundOfPartsMeet) {
  v1::Agreement agreement = Contract({Step("m1", 100)});
  agreement.mutable_policies()->set_partial_release(v1::Policies::PARTIAL_RELEASE_ALLOW);
  World world = Funded(agreement, 100);
  EXPECT_EQ(world.Run(Release("a", "m1", 30)), "OK");
  EXPECT_EQ(world.Run(Refund("a", "m1", 71)), "INSUFFICIENT_FUNDS");
  EXPECT_EQ(world.Run(Refund("a", "m1")), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 100, .released = 30, .refunded = 70}));
  EXPECT_EQ(world.StateOf("a", "m1"), "REFUNDED");
}

TEST(ReleaseTest, ConsentDemandedFromThePartyItself) {
  v1::Agreement agreement = Contract({Step("m1", 100)});
  agreement.mutable_policies()->set_party_consent(v1::Policies::PARTY_CONSENT_PARTY_MUST_ACT);
  World world = Funded(agreement, 100);
  EXPECT_EQ(world.Run(Release("a", "m1")), "PARTY_MUST_ACT");
  EXPECT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "PARTY_MUST_ACT");
  EXPECT_EQ(world.Run(Refund("a", "m1")), "PARTY_MUST_ACT");
  EXPECT_EQ(world.Run(Cancel("a", {"buyer"})), "PARTY_MUST_ACT");
  EXPECT_EQ(world.Run(OfParty("buyer"), Confirm("a", "m1", kReceipt, "")), "OK");
  EXPECT_EQ(world.StateOf("a"), "SETTLED");
}

TEST(EtagTest, ACommandCountsOnlyForTheStateThatWasRead) {
  World world = Funded(Contract({Step("m1", 100)}), 100);
  const std::string etag = "\"" + std::to_string(world.Get("a").last_sequence) + "\"";
  EXPECT_EQ(world.Run(With(Refund("a", "m1", 1), "etag", "\"1\"")), "ETAG_MISMATCH");
  EXPECT_EQ(world.Run(With(Refund("a", "m1", 1), "etag", etag)), "OK");
  EXPECT_EQ(world.Run(With(Refund("a", "m1", 1), "etag", etag)), "ETAG_MISMATCH");
}

}  // namespace
}  // namespace escrow::core::test
