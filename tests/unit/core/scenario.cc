#include "unit/core/scenario.h"

#include <gtest/gtest.h>

#include <set>

namespace escrow::core::test {
namespace {

// Deemed receipt, automatic payouts, a partial release, parts that come back.
void TellParcel(World& world) {
  v1::Agreement parcel = Contract(
      {Step("m1", 1'000,
            AllOf({Needs(kShipment, kSeller), NeedsOrDeemed(kReceipt, kBuyer, AfterRecorded(kShipment, 7 * kDay))}))});
  *parcel.mutable_milestones(0)->add_fees() = PointsFee(v1::Fee::BENEFICIARY_PLATFORM, 250);
  parcel.mutable_policies()->set_payout(v1::Policies::PAYOUT_AUTOMATIC);
  parcel.mutable_policies()->mutable_payout_delay()->set_seconds(kDay);
  parcel.mutable_policies()->set_partial_release(v1::Policies::PARTIAL_RELEASE_ALLOW);
  EXPECT_EQ(world.Run(Create("parcel", parcel)), "OK");
  EXPECT_EQ(world.Run(Confirm("parcel", "m1", kShipment, "seller")), "MILESTONE_NOT_FUNDED");
  EXPECT_EQ(world.Run(Deposit("parcel", 1'001)), "OK");
  EXPECT_EQ(world.Run(Release("parcel", "m1", 100)), "OK");
  EXPECT_EQ(world.Run(Confirm("parcel", "m1", kShipment, "seller")), "OK");
  world.Advance(7 * kDay);
  EXPECT_EQ(world.StateOf("parcel"), "SETTLED");
  world.Advance(kDay);
}

void TellEndings(World& world) {
  v1::Agreement proposal = Contract({Step("m1", 100), Step("m2", 200)});
  proposal.mutable_policies()->set_acceptance(v1::Policies::ACCEPTANCE_BY_PARTIES);
  EXPECT_EQ(world.Run(Create("proposal", proposal)), "OK");
  EXPECT_EQ(world.Run(OfParty("seller"), Accept("proposal", "")), "OK");
  EXPECT_EQ(world.Run(OfParty("buyer"), Accept("proposal", "")), "OK");
  EXPECT_EQ(world.Run(Operator(), Deposit("proposal", 300)), "OK");
  EXPECT_EQ(world.Run(Refund("proposal", "m1", 30)), "OK");
  EXPECT_EQ(world.Run(Cancel("proposal", {"seller"})), "OK");
  EXPECT_EQ(world.Run(Cancel("proposal", {"buyer"})), "OK");

  v1::Agreement missed = Contract({Step("m1", 100)});
  *missed.mutable_milestones(0)->mutable_funding_deadline() = After(v1::Timer::START_AGREEMENT_ACTIVATED, kDay);
  EXPECT_EQ(world.Run(Create("missed", missed)), "OK");
  v1::Agreement stopped = Contract({Step("m1", 100)});
  stopped.mutable_policies()->mutable_long_stop()->set_seconds(2 * kDay);
  EXPECT_EQ(world.Run(Create("stopped", stopped)), "OK");
  EXPECT_EQ(world.Run(Deposit("stopped", 100)), "OK");
  world.Advance(2 * kDay);
  EXPECT_EQ(world.StateOf("missed"), "EXPIRED");
  EXPECT_EQ(world.StateOf("stopped"), "EXPIRED");
}

void TellPayouts(World& world) {
  EXPECT_EQ(world.Run(RequestPayout("p1", v1::ACCOUNT_KIND_REFUNDABLE, "buyer", 50)), "OK");
  EXPECT_EQ(world.Run(SendPayout("p1")), "OK");
  EXPECT_EQ(world.Run(SettlePayout("p1")), "OK");
  EXPECT_EQ(world.Run(ReturnPayout("p1")), "OK");
  EXPECT_EQ(world.Run(RequestPayout("p2", v1::ACCOUNT_KIND_PLATFORM_FEES, "", 1)), "OK");
  EXPECT_EQ(world.Run(FailPayout("p2")), "OK");
}

// Records, holds, an erasure; something of each stays.
void TellPersonalData(World& world) {
  EXPECT_EQ(world.Run(CommitRecord("buyer", "name")), "OK");
  EXPECT_EQ(world.Run(CommitRecord("buyer", "address", 'd')), "OK");
  EXPECT_EQ(world.Run(CommitRecord("stranger", "name", 'e')), "OK");
  EXPECT_EQ(world.Run(PlaceHold("stranger", "tax", base::AddSeconds(world.now(), kDay))), "OK");
  EXPECT_EQ(world.Run(Operator(), PlaceHold("buyer", "court")), "OK");
  EXPECT_EQ(world.Run(PlaceHold("buyer", "tax")), "OK");
  EXPECT_EQ(world.Run(ReleaseHold("buyer", "tax")), "OK");
  EXPECT_EQ(world.Run(EraseSubject("stranger")), "LEGAL_HOLD");
  world.Advance(kDay);
  EXPECT_EQ(world.Run(EraseSubject("stranger")), "OK");
}

}  // namespace

void TellStory(World& world) {
  EXPECT_EQ(world.Run(CreateKey("k1", OfParty("buyer"), '1')), "OK");
  EXPECT_EQ(world.Run(Operator(), CreateKey("k2", Operator(), '2')), "OK");
  EXPECT_EQ(world.Run(RevokeCredential("k1")), "OK");
  EXPECT_EQ(world.Run(Operator(), RotateKey("log+00000000+k")), "OK");
  TellParcel(world);
  TellEndings(world);
  TellPayouts(world);
  TellPersonalData(world);
  // Something stays open: a snapshot must carry timers, parts and consents.
  v1::Agreement open =
      Contract({Step("m1", 100, AllOf({Needs(kShipment, kSeller, {v1::EVIDENCE_KIND_PHOTO}), Needs(kReceipt, kBuyer)})),
                Step("m2", 200)});
  *open.mutable_milestones(0)->mutable_delivery_deadline() = After(v1::Timer::START_MILESTONE_FUNDED, 9 * kDay);
  open.mutable_milestones(0)->set_delivery_deadline_met_by(kShipment);
  open.mutable_milestones(1)->add_opens_after("m1");
  open.mutable_policies()->set_funding(v1::Policies::FUNDING_PER_MILESTONE);
  EXPECT_EQ(world.Run(Create("open", open)), "OK");
  EXPECT_EQ(world.Run(Deposit("open", 150)), "OK");
  EXPECT_EQ(world.Run(Confirm("open", "m1", kShipment, "seller", {Proof(v1::EVIDENCE_KIND_PHOTO)})), "OK");
  EXPECT_EQ(world.Run(Cancel("open", {"seller"})), "OK");
}

std::vector<int> FactsOf(const World& world) {
  std::set<int> facts;
  for (const v1::Event& event : world.log()) {
    facts.insert(event.fact_case());
  }
  return {facts.begin(), facts.end()};
}

}  // namespace escrow::core::test
