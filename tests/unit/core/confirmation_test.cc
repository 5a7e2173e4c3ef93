#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/core/world.h"

// What must be confirmed before money moves: conditions, roles, evidence, silence, order of milestones.
namespace escrow::core::test {
namespace {

using Facts = std::vector<std::string>;

// A funded agreement with one milestone of 100 and everybody taking part.
World Funded(const v1::Condition& release_when) {
  World world;
  v1::Agreement agreement = Contract({Step("m1", 100, release_when)});
  agreement = Join(Join(std::move(agreement), kCarrier, "carrier"), kInspector, "inspector");
  EXPECT_EQ(world.Run(Create("a", agreement)), "OK");
  EXPECT_EQ(world.Run(Deposit("a", 100)), "OK");
  return world;
}

TEST(ConfirmationTest, TheConfirmationThatCompletesTheConditionReleases) {
  World world = Funded(Needs(kReceipt, kBuyer));
  EXPECT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
  ASSERT_EQ(world.Facts(), (Facts{"confirmation_recorded", "milestone_released", "agreement_closed"}));
  const v1::MilestoneReleased& released = world.events()[1].milestone_released();
  EXPECT_EQ(released.cause(), v1::MOVE_CAUSE_CONDITIONS_MET);
  EXPECT_EQ(released.minor_units(), 100);
  EXPECT_TRUE(released.final());
  ASSERT_EQ(released.confirmation_sequences_size(), 1);
  EXPECT_EQ(released.confirmation_sequences(0), world.events()[0].sequence());
  EXPECT_EQ(world.events()[2].agreement_closed().state(), v1::Agreement::STATE_SETTLED);
}

TEST(ConfirmationTest, AllOfNeedsAll) {
  World world = Funded(AllOf({Needs(kShipment, kSeller), Needs(kDelivery, kCarrier), Needs(kReceipt, kBuyer)}));
  EXPECT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
  EXPECT_EQ(world.Run(Confirm("a", "m1", kShipment, "seller")), "OK");
  EXPECT_EQ(world.StateOf("a", "m1"), "FUNDED");
  EXPECT_EQ(world.Run(Confirm("a", "m1", kDelivery, "carrier")), "OK");
  EXPECT_EQ(world.StateOf("a", "m1"), "RELEASED");
  // In the order of the requirements, not of time.
  const auto& sequences = world.events()[1].milestone_released().confirmation_sequences();
  ASSERT_EQ(sequences.size(), 3);
  EXPECT_LT(sequences[2], sequences[0]);
  EXPECT_LT(sequences[0], sequences[1]);
}

TEST(ConfirmationTest, AnyOfNeedsOne) {
  World world = Funded(AnyOf({Needs(kInspection, kInspector), Needs(kReceipt, kBuyer)}));
  EXPECT_EQ(world.Run(Confirm("a", "m1", kInspection, "inspector")), "OK");
  EXPECT_EQ(world.StateOf("a", "m1"), "RELEASED");
}

TEST(ConfirmationTest, AtLeastCounts) {
  World world =
      Funded(AtLeast(2, {Needs(kShipment, kSeller), Needs(kDelivery, kCarrier), Needs(kInspection, kInspector)}));
  EXPECT_EQ(world.Run(Confirm("a", "m1", kInspection, "inspector")), "OK");
  EXPECT_EQ(world.StateOf("a", "m1"), "FUNDED");
  EXPECT_EQ(world.Run(Confirm("a", "m1", kShipment, "seller")), "OK");
  EXPECT_EQ(world.StateOf("a", "m1"), "RELEASED");
}

TEST(ConfirmationTest, TreesNest) {
  // (receipt) or (inspection and (shipment or delivery))
  const v1::Condition tree =
      AnyOf({Needs(kReceipt, kBuyer),
             AllOf({Needs(kInspection, kInspector), AnyOf({Needs(kShipment, kSeller), Needs(kDelivery, kCarrier)})})});
  World by_receipt = Funded(tree);
  EXPECT_EQ(by_receipt.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
  EXPECT_EQ(by_receipt.StateOf("a", "m1"), "RELEASED");
  World by_others = Funded(tree);
  EXPECT_EQ(by_others.Run(Confirm("a", "m1", kDelivery, "carrier")), "OK");
  EXPECT_EQ(by_others.StateOf("a", "m1"), "FUNDED");
  EXPECT_EQ(by_others.Run(Confirm("a", "m1", kInspection, "inspector")), "OK");
  EXPECT_EQ(by_others.StateOf("a", "m1"), "RELEASED");
}

TEST(ConfirmationTest, OnlyWhatIsAskedForFromWhoIsAskedCounts) {
  World world = Funded(AllOf({Needs(kShipment, kSeller), Needs(kReceipt, kBuyer)}));
  EXPECT_EQ(world.Run(Confirm("a", "m1", kDelivery, "carrier")), "CONFIRMATION_NOT_ASKED");
  EXPECT_EQ(world.Run(Confirm("a", "m1", kShipment, "stranger")), "PARTY_NOT_PARTICIPANT");
  EXPECT_EQ(world.Run(Confirm("a", "m2", kShipment, "seller")), "UNKNOWN_MILESTONE");
  EXPECT_EQ(world.Run(Confirm("b", "m1", kShipment, "seller")), "AGREEMENT_NOT_FOUND");
  EXPECT_NE(world.Run(Confirm("a", "m1", kReceipt, "seller")), "OK");
  EXPECT_EQ(world.Run(Confirm("a", "m1", kShipment, "seller")), "OK");
  EXPECT_EQ(world.Run(Confirm("a", "m1", kShipment, "seller")), "ALREADY_CONFIRMED");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 100, .held = 100}));
}

TEST(ConfirmationTest, APartyOfTwoRolesStatesInTheOneThatIsAsked) {
  World world;
  v1::Agreement agreement = Contract({Step("m1", 100, AllOf({Needs(kDelivery, kCarrier), Needs(kReceipt, kBuyer)}))});
  agreement = Join(std::move(agreement), kCarrier, "seller");
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  ASSERT_EQ(world.Run(Deposit("a", 100)), "OK");
  v1::Command as_seller = Confirm("a", "m1", kDelivery, "seller");
  as_seller.mutable_confirm_milestone()->set_role(kSeller);
  EXPECT_EQ(world.Run(as_seller), "CONFIRMATION_NOT_ASKED");
  EXPECT_EQ(world.Run(Confirm("a", "m1", kDelivery, "seller")), "OK");
  EXPECT_EQ(world.events()[0].confirmation_recorded().role(), kCarrier);
}

TEST(ConfirmationTest, EvidenceMustBeThere) {
  World world = Funded(AllOf({Needs(kShipment, kSeller, {v1::EVIDENCE_KIND_TRACKING_NUMBER, v1::EVIDENCE_KIND_PHOTO}),
                              Needs(kReceipt, kBuyer)}));
  const v1::Evidence tracking = Proof(v1::EVIDENCE_KIND_TRACKING_NUMBER);
  const v1::Evidence photo = Proof(v1::EVIDENCE_KIND_PHOTO);
  EXPECT_EQ(world.Run(Confirm("a", "m1", kShipment, "seller")), "EVIDENCE_MISSING");
  EXPECT_EQ(world.Run(Confirm("a", "m1", kShipment, "seller", {tracking})), "EVIDENCE_MISSING");
  v1::Evidence short_hash = photo;
  short_hash.set_sha256(std::string(31, 'e'));
  EXPECT_EQ(world.Run(Confirm("a", "m1", kShipment, "seller", {tracking, short_hash})), "INVALID_FIELD");
  EXPECT_EQ(world.Run(Confirm("a", "m1", kShipment, "seller", {photo, tracking})), "OK");
}

TEST(ConfirmationTest, ConfirmationBeforeFundingIsRefusedByDefault) {
  World world;
  ASSERT_EQ(world.Run(Create("a", Contract({Step("m1", 100)}))), "OK");
  EXPECT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "MILESTONE_NOT_FUNDED");
}

TEST(ConfirmationTest, ConfirmationBeforeFundingCountsWhenThePolicySaysSo) {
  World world;
  v1::Agreement agreement = Contract({Step("m1", 100)});
  agreement.mutable_policies()->set_early_confirmation(v1::Policies::EARLY_CONFIRMATION_RECORD);
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  EXPECT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
  EXPECT_EQ(world.StateOf("a", "m1"), "PENDING");
  EXPECT_EQ(world.Run(Deposit("a", 100)), "OK");
  EXPECT_EQ(world.StateOf("a", "m1"), "RELEASED");
  EXPECT_EQ(world.Payable("seller"), 100);
}

TEST(ConfirmationTest, TheTimeOfTheWorldIsNotInTheFuture) {
  World world = Funded(Needs(kReceipt, kBuyer));
  v1::Command command = Confirm("a", "m1", kReceipt, "buyer");
  auto& occur_time = *command.mutable_confirm_milestone()->mutable_occur_time();
  occur_time.set_seconds(kStart.ns / base::kNsPerSecond);
  occur_time.set_nanos(1);
  EXPECT_EQ(world.Run(command), "TIME_IN_FUTURE");
  occur_time.set_nanos(0);
  EXPECT_EQ(world.Run(command), "OK");
}

// --- Silence.

TEST(DeemedTest, ReceiptIsDeemedSevenDaysAfterDelivery) {
  World world =
      Funded(AllOf({Needs(kDelivery, kCarrier), NeedsOrDeemed(kReceipt, kBuyer, AfterRecorded(kDelivery, 7 * kDay))}));
  world.Advance(kDay);
  ASSERT_EQ(world.Run(Confirm("a", "m1", kDelivery, "carrier")), "OK");
  const std::uint64_t delivery = world.events()[0].sequence();
  const base::Time deadline = base::AddSeconds(kStart, 8 * kDay);
  world.AdvanceTo(base::Time{deadline.ns - 1});
  EXPECT_EQ(world.StateOf("a", "m1"), "FUNDED");
  world.AdvanceTo(deadline);
  EXPECT_EQ(world.StateOf("a"), "SETTLED");
  ASSERT_EQ(world.Facts(), (Facts{"confirmation_deemed", "milestone_released", "agreement_closed"}));
  const v1::ConfirmationDeemed& deemed = world.events()[0].confirmation_deemed();
  EXPECT_EQ(deemed.kind(), kReceipt);
  EXPECT_EQ(deemed.role(), kBuyer);
  EXPECT_EQ(deemed.requirement_index(), 1U);
  EXPECT_EQ(deemed.start_sequence(), delivery);
}

TEST(DeemedTest, TheEventHappensAtItsDeadlineHoweverLateItIsNoticed) {
  World world = Funded(NeedsOrDeemed(kReceipt, kBuyer, After(v1::Timer::START_MILESTONE_FUNDED, kDay)));
  world.AdvanceTo(base::AddSeconds(kStart, 30 * kDay));
  ASSERT_EQ(world.Facts().front(), "confirmation_deemed");
  for (const v1::Event& event : world.events()) {
    EXPECT_EQ(event.effective_time().seconds(), kStart.ns / base::kNsPerSecond + kDay);
    EXPECT_EQ(event.cause_sequence(), event.sequence() == world.events()[0].sequence() ? 0U : event.cause_sequence());
  }
}

TEST(DeemedTest, ACommandNoticesByItselfWhatIsDue) {
  World world = Funded(NeedsOrDeemed(kReceipt, kBuyer, After(v1::Timer::START_MILESTONE_FUNDED, kDay)));
  world.AdvanceSilently(base::AddSeconds(kStart, kDay));
  // Nobody has expired the timer, and still the buyer is too late to give consent and the seller to refund.
  EXPECT_EQ(world.Run(Refund("a", "m1")), "AGREEMENT_CLOSED");
  EXPECT_EQ(world.Payable("seller"), 100);
  EXPECT_EQ(world.Facts().front(), "confirmation_deemed");
}

// Found by escrow-sim: the event named the one that had let the timer run, although event.proto says 0.
TEST(DeemedTest, AFixedTimeIsStartedByNoEvent) {
  World world = Funded(NeedsOrDeemed(kReceipt, kBuyer, At(base::AddSeconds(kStart, kDay))));
  world.Advance(kDay);
  ASSERT_TRUE(world.events()[0].has_confirmation_deemed());
  EXPECT_EQ(world.events()[0].confirmation_deemed().start_sequence(), 0U);
}

TEST(DeemedTest, SayingItStopsTheTimer) {
  World world = Funded(AllOf(
      {Needs(kShipment, kSeller), NeedsOrDeemed(kReceipt, kBuyer, After(v1::Timer::START_MILESTONE_FUNDED, kDay))}));
  EXPECT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
  world.Advance(2 * kDay);
  EXPECT_TRUE(world.Facts().empty());
  EXPECT_EQ(world.StateOf("a", "m1"), "FUNDED");
}

TEST(DeemedTest, EveryStartOfATimer) {
  const std::vector<v1::Timer> timers = {After(v1::Timer::START_AGREEMENT_ACTIVATED, 3 * kDay),
                                         After(v1::Timer::START_MILESTONE_FUNDED, 2 * kDay),
                                         AfterRecorded(kShipment, kDay), At(base::AddSeconds(kStart, 3 * kDay))};
  for (const v1::Timer& timer : timers) {
    SCOPED_TRACE(timer.ShortDebugString());
    World world;
    ASSERT_EQ(
        world.Run(Create(
            "a",
            Contract({Step("m1", 100, AllOf({Needs(kShipment, kSeller), NeedsOrDeemed(kReceipt, kBuyer, timer)}))}))),
        "OK");
    world.Advance(kDay);
    ASSERT_EQ(world.Run(Deposit("a", 100)), "OK");
    world.Advance(kDay);
    ASSERT_EQ(world.Run(Confirm("a", "m1", kShipment, "seller")), "OK");
    world.AdvanceTo(base::Time{base::AddSeconds(kStart, 3 * kDay).ns - 1});
    EXPECT_EQ(world.StateOf("a", "m1"), "FUNDED");
    world.AdvanceTo(base::AddSeconds(kStart, 3 * kDay));
    EXPECT_EQ(world.StateOf("a", "m1"), "RELEASED");
  }
}

TEST(DeemedTest, ProductionFollowsTheTimeOfTheLog) {
  World world({.sandbox = false});
  ASSERT_EQ(
      world.Run(Create(
          "a", Contract({Step("m1", 100,
                              NeedsOrDeemed(kReceipt, kBuyer, After(v1::Timer::START_MILESTONE_FUNDED, kDay)))}))),
      "OK");
  ASSERT_EQ(world.Run(Deposit("a", 100)), "OK");
  const base::Time deadline = base::AddSeconds(world.machine().last_log_time(), kDay);
  EXPECT_EQ(world.machine().NextDeadline(), deadline);
  world.AdvanceTo(base::Time{deadline.ns - 1});
  EXPECT_EQ(world.StateOf("a", "m1"), "FUNDED");
  world.AdvanceTo(deadline);
  EXPECT_EQ(world.StateOf("a", "m1"), "RELEASED");
}

TEST(DeemedTest, ASandboxAsksForExpiryOnlyWhenItsClockHasMoved) {
  World world = Funded(NeedsOrDeemed(kReceipt, kBuyer, After(v1::Timer::START_MILESTONE_FUNDED, kDay)));
  EXPECT_EQ(world.machine().NextDeadline(), std::nullopt);
  world.AdvanceSilently(base::AddSeconds(kStart, kDay));
  EXPECT_EQ(world.machine().NextDeadline(), base::Time{0});
  EXPECT_EQ(world.Expire(), 1U);
  EXPECT_EQ(world.machine().NextDeadline(), std::nullopt);
}

// --- Order of milestones.

TEST(LadderTest, DeliveryOpensWhenTheMilestonesBeforeHaveEnded) {
  v1::Agreement agreement = Contract({Step("m1", 100), Step("m2", 100), Step("m3", 100)});
  agreement.mutable_milestones(1)->add_opens_after("m1");
  agreement.mutable_milestones(2)->add_opens_after("m1");
  agreement.mutable_milestones(2)->add_opens_after("m2");
  World world;
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  ASSERT_EQ(world.Run(Deposit("a", 300)), "OK");
  EXPECT_EQ(world.Run(Confirm("a", "m3", kReceipt, "buyer")), "MILESTONE_NOT_OPEN");
  EXPECT_EQ(world.Run(Confirm("a", "m2", kReceipt, "buyer")), "MILESTONE_NOT_OPEN");
  EXPECT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
  EXPECT_EQ(world.Run(Confirm("a", "m3", kReceipt, "buyer")), "MILESTONE_NOT_OPEN");
  // A refund ends a milestone as well.
  EXPECT_EQ(world.Run(Refund("a", "m2")), "OK");
  EXPECT_EQ(world.Run(Confirm("a", "m3", kReceipt, "buyer")), "OK");
  EXPECT_EQ(world.StateOf("a"), "SETTLED");
}

// Silence may complete the condition of a milestone that is not open; its money still waits for those before it.
TEST(LadderTest, NothingIsReleasedBeforeItsTurn) {
  v1::Agreement agreement =
      Contract({Step("m1", 100),
                Step("m2", 200, NeedsOrDeemed(kReceipt, kBuyer, After(v1::Timer::START_MILESTONE_FUNDED, kDay)))});
  agreement.mutable_milestones(1)->add_opens_after("m1");
  World world;
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  ASSERT_EQ(world.Run(Deposit("a", 300)), "OK");
  world.Advance(2 * kDay);
  EXPECT_EQ(world.Facts(), Facts{"confirmation_deemed"});
  EXPECT_EQ(world.StateOf("a", "m2"), "FUNDED");
  ASSERT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
  EXPECT_EQ(world.StateOf("a", "m2"), "RELEASED");
  EXPECT_EQ(world.Payable("seller"), 300);
}

TEST(LadderTest, CyclesAreRefused) {
  v1::Agreement self = Contract({Step("m1", 100), Step("m2", 100)});
  self.mutable_milestones(0)->add_opens_after("m1");
  v1::Agreement two = Contract({Step("m1", 100), Step("m2", 100)});
  two.mutable_milestones(0)->add_opens_after("m2");
  two.mutable_milestones(1)->add_opens_after("m1");
  v1::Agreement three = Contract({Step("m1", 100), Step("m2", 100), Step("m3", 100), Step("m4", 100)});
  three.mutable_milestones(0)->add_opens_after("m4");
  three.mutable_milestones(1)->add_opens_after("m4");
  three.mutable_milestones(1)->add_opens_after("m3");
  three.mutable_milestones(2)->add_opens_after("m2");
  v1::Agreement unknown = Contract({Step("m1", 100)});
  unknown.mutable_milestones(0)->add_opens_after("m9");
  v1::Agreement twice = Contract({Step("m1", 100), Step("m2", 100)});
  twice.mutable_milestones(1)->add_opens_after("m1");
  twice.mutable_milestones(1)->add_opens_after("m1");
  v1::Agreement backwards = Contract({Step("m1", 100), Step("m2", 100)});
  backwards.mutable_milestones(0)->add_opens_after("m2");
  World world;
  EXPECT_EQ(world.Run(Create("a", self)), "MILESTONE_CYCLE");
  EXPECT_EQ(world.Run(Create("a", two)), "MILESTONE_CYCLE");
  EXPECT_EQ(world.Run(Create("a", three)), "MILESTONE_CYCLE");
  EXPECT_EQ(world.Run(Create("a", unknown)), "UNKNOWN_MILESTONE");
  EXPECT_EQ(world.Run(Create("a", twice)), "DUPLICATE_ITEM");
  EXPECT_EQ(world.Run(Create("a", backwards)), "OK");
}

// Deposit, shipment, receipt: 30/40/30 over three milestones, one after the other (source S1).
TEST(LadderTest, DepositShipmentReceipt) {
  v1::Agreement agreement = Contract(
      {Step("down", 300, Needs(kShipment, kSeller)), Step("goods", 400, Needs(kDelivery, kCarrier)),
       Step("rest", 300, NeedsOrDeemed(kReceipt, kBuyer, After(v1::Timer::START_MILESTONE_FUNDED, 60 * kDay)))});
  agreement = Join(std::move(agreement), kCarrier, "carrier");
  agreement.mutable_milestones(1)->add_opens_after("down");
  agreement.mutable_milestones(2)->add_opens_after("goods");
  agreement.mutable_policies()->set_funding(v1::Policies::FUNDING_PER_MILESTONE);
  World world;
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  ASSERT_EQ(world.Run(Deposit("a", 300)), "OK");
  ASSERT_EQ(world.Run(Confirm("a", "down", kShipment, "seller")), "OK");
  EXPECT_EQ(world.Payable("seller"), 300);
  EXPECT_EQ(world.Run(Confirm("a", "goods", kDelivery, "carrier")), "MILESTONE_NOT_FUNDED");
  ASSERT_EQ(world.Run(Deposit("a", 700)), "OK");
  ASSERT_EQ(world.Run(Confirm("a", "goods", kDelivery, "carrier")), "OK");
  EXPECT_EQ(world.Payable("seller"), 700);
  world.Advance(60 * kDay);
  EXPECT_EQ(world.Payable("seller"), 1'000);
  EXPECT_EQ(world.StateOf("a"), "SETTLED");
}

}  // namespace
}  // namespace escrow::core::test
