#include "core/explain.h"

#include <gtest/gtest.h>

#include <iostream>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/names.h"
#include "unit/core/random_world.h"

// What Explain says about an agreement is what the machine does.
namespace escrow::core::test {
namespace {

// Method, milestone, party.
using Action = std::tuple<std::string, std::string, std::string>;

v1::ExplainAgreementResponse Explained(const World& world, std::string_view id) {
  const PlatformSlot shop = world.state().FindPlatform("shop").value();
  return Explain(world.state(), world.state().FindAgreement(shop, id).value());
}

std::set<Action> ActionsIn(const v1::ExplainAgreementResponse& explained) {
  std::set<Action> actions;
  for (const auto& action : explained.actions()) {
    for (const std::string& party : action.parties()) {
      actions.emplace(action.method(), action.milestone_id(), party);
    }
  }
  return actions;
}

// Everything that somebody could do with an agreement of RandomAgreement.
std::vector<std::pair<Action, v1::Command>> Candidates(std::string_view id, std::size_t milestones) {
  std::vector<std::pair<Action, v1::Command>> candidates;
  const auto name = [](std::string_view party) { return PartyName("shop", party); };
  for (const char* party : {"buyer", "seller", "seller2"}) {
    candidates.push_back({{"AcceptAgreement", "", name(party)}, Accept(id, party)});
    candidates.push_back({{"CancelAgreement", "", name(party)}, Cancel(id, {party})});
  }
  for (std::size_t i = 0; i < milestones; ++i) {
    const std::string step = "m" + std::to_string(i);
    candidates.push_back({{"ReleaseMilestone", step, name("buyer")}, Release(id, step)});
    candidates.push_back({{"RefundMilestone", step, name("seller")}, Refund(id, step)});
    for (const auto& [kind, party] :
         {std::pair{kShipment, "seller"}, std::pair{kShipment, "seller2"}, std::pair{kDelivery, "carrier"},
          std::pair{kInspection, "inspector"}, std::pair{kReceipt, "buyer"}}) {
      candidates.push_back({{"ConfirmMilestone", step, name(party)}, Confirm(id, step, kind, party)});
    }
  }
  return candidates;
}

// Says who may do what next: exactly what a dry run accepts.
TEST(ExplainTest, TheActionsAreThoseThatTheMachineAccepts) {
  const std::uint64_t seed = Seed();
  std::cout << "ESCROW_SEED=" << seed << std::endl;
  Random random(seed);
  std::size_t compared = 0;
  for (int round = 0; round < 40 && !HasFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round) + " of ESCROW_SEED=" + std::to_string(seed));
    World world;
    for (const char* id : {"a0", "a1", "a2"}) {
      ASSERT_EQ(world.Run(Create(id, RandomAgreement(random))), "OK");
    }
    for (int step = 0; step < 20 && !HasFailure(); ++step) {
      world.Run(RandomCommand(random, world));
      world.Expire();
      const std::string id = "a" + std::to_string(random.Between(0, 2));
      std::set<Action> accepted;
      for (const auto& [action, command] : Candidates(id, world.Get(id).milestones.size())) {
        if (world.Run(DryRun(command)) == "OK") {
          accepted.insert(action);
        }
      }
      EXPECT_EQ(ActionsIn(Explained(world, id)), accepted) << id << " is " << world.StateOf(id);
      compared += accepted.size();
    }
  }
  EXPECT_GT(compared, 500U);
}

TEST(ExplainTest, SaysWhatIsMissing) {
  World world;
  v1::Agreement agreement = Contract({Step("m1", 100), Step("m2", 200)});
  agreement.mutable_policies()->set_funding(v1::Policies::FUNDING_PER_MILESTONE);
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  ASSERT_EQ(world.Run(Deposit("a", 30)), "OK");
  EXPECT_EQ(Explained(world, "a").missing_funds().minor_units(), 70);
  EXPECT_EQ(Explained(world, "a").missing_funds().currency_code(), "EUR");
  ASSERT_EQ(world.Run(Deposit("a", 270)), "OK");
  EXPECT_FALSE(Explained(world, "a").has_missing_funds());
}

TEST(ExplainTest, SaysWhichRequirementsAreMetAndByWhat) {
  World world;
  ASSERT_EQ(
      world.Run(Create("a", Contract({Step("m1", 100, AllOf({Needs(kShipment, kSeller), Needs(kReceipt, kBuyer)}))}))),
      "OK");
  ASSERT_EQ(world.Run(Deposit("a", 100)), "OK");
  ASSERT_EQ(world.Run(Confirm("a", "m1", kShipment, "seller")), "OK");
  const v1::ExplainAgreementResponse explained = Explained(world, "a");
  ASSERT_EQ(explained.requirements_size(), 2);
  EXPECT_TRUE(explained.requirements(0).met());
  EXPECT_EQ(explained.requirements(0).met_sequence(), static_cast<std::int64_t>(world.outcome().first_sequence));
  EXPECT_FALSE(explained.requirements(1).met());
  EXPECT_EQ(explained.requirements(1).kind(), kReceipt);
  EXPECT_EQ(explained.requirements(1).role(), kBuyer);
}

TEST(ExplainTest, TimersAreInTheOrderOfTheirExpiry) {
  World world;
  v1::Agreement agreement =
      Contract({Step("m1", 100, NeedsOrDeemed(kReceipt, kBuyer, After(v1::Timer::START_MILESTONE_FUNDED, 3 * kDay)))});
  *agreement.mutable_milestones(0)->mutable_delivery_deadline() = After(v1::Timer::START_MILESTONE_FUNDED, 2 * kDay);
  agreement.mutable_milestones(0)->set_delivery_deadline_met_by(kReceipt);
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  ASSERT_EQ(world.Run(Deposit("a", 100)), "OK");
  const v1::ExplainAgreementResponse explained = Explained(world, "a");
  ASSERT_EQ(explained.timers_size(), 3);
  const std::int64_t start = kStart.ns / base::kNsPerSecond;
  EXPECT_EQ(explained.timers(0).expire_time().seconds(), start + 2 * kDay);
  EXPECT_EQ(explained.timers(1).expire_time().seconds(), start + 3 * kDay);
  EXPECT_EQ(explained.timers(2).expire_time().seconds(), start + 365 * kDay);  // the long stop
  EXPECT_EQ(explained.timers(1).milestone_id(), "m1");
  EXPECT_FALSE(explained.timers(1).effect().empty());
}

}  // namespace
}  // namespace escrow::core::test
