#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "core/explain.h"
#include "unit/core/random_world.h"

// Random agreements under random commands, and every short sequence of commands on small ones. The World checks the
// invariants after each command; here is what must hold at the end: no money is ever stuck.
//
// ESCROW_SEED=n repeats a run.
namespace escrow::core::test {
namespace {

// From here on nobody does anything: timers alone must empty custody.
void ExpectNothingIsStuck(World& world) {
  world.Advance(4'000 * kDay);
  EXPECT_EQ(world.state().live_agreement_count(), 0U);
  EXPECT_EQ(world.Total(v1::ACCOUNT_KIND_CUSTODY), 0);
  EXPECT_EQ(world.Total(v1::ACCOUNT_KIND_UNALLOCATED), 0);
  for (std::uint32_t i = 0; i < world.state().agreement_count(); ++i) {
    const core::Agreement& agreement = world.state().agreement(AgreementSlot{i});
    EXPECT_TRUE(agreement.ended()) << agreement.id;
    EXPECT_TRUE(agreement.timers.empty()) << agreement.id;
    EXPECT_EQ(agreement.deposited, agreement.released + agreement.refunded + agreement.fees) << agreement.id;
  }
}

TEST(PropertyTest, RandomAgreementsUnderRandomCommands) {
  const std::uint64_t seed = Seed();
  std::cout << "ESCROW_SEED=" << seed << std::endl;
  Random random(seed);
  std::map<std::string, int> results;
  for (int round = 0; round < 100 && !HasFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round) + " of ESCROW_SEED=" + std::to_string(seed));
    World world;
    for (const char* id : {"a0", "a1", "a2"}) {
      const v1::Agreement agreement = RandomAgreement(random);
      ASSERT_EQ(world.Run(Create(id, agreement)), "OK") << agreement.DebugString();
    }
    for (int step = 0; step < 60 && !HasFailure(); ++step) {
      ++results[world.Run(RandomCommand(random, world))];
      if (random.OneIn(4)) {
        world.Expire();
      }
      for (std::uint32_t i = 0; i < world.state().agreement_count(); ++i) {
        EXPECT_FALSE(Explain(world.state(), AgreementSlot{i}).summary().empty());
      }
    }
    ExpectNothingIsStuck(world);
  }
  // The dice must have reached more than refusals.
  EXPECT_GT(results["OK"], 500);
  for (const auto& [result, count] : results) {
    std::cout << "  " << result << " " << count << "\n";
  }
}

v1::Agreement SmallLadder() {
  v1::Agreement agreement = Contract(
      {Step("m1", 3,
            AllOf({Needs(kShipment, kSeller), NeedsOrDeemed(kReceipt, kBuyer, AfterRecorded(kShipment, kDay))})),
       Step("m2", 2)});
  agreement.mutable_milestones(1)->add_opens_after("m1");
  *agreement.mutable_milestones(0)->mutable_delivery_deadline() = After(v1::Timer::START_MILESTONE_FUNDED, 2 * kDay);
  agreement.mutable_milestones(0)->set_delivery_deadline_met_by(kShipment);
  agreement.mutable_policies()->set_funding(v1::Policies::FUNDING_PER_MILESTONE);
  agreement.mutable_policies()->set_partial_release(v1::Policies::PARTIAL_RELEASE_ALLOW);
  return agreement;
}

// Every sequence of four of these commands on a small agreement.
TEST(PropertyTest, EveryShortSequence) {
  const std::vector<v1::Command> alphabet = {
      Deposit("a", 2),
      Deposit("a", 4),
      Confirm("a", "m1", kShipment, "seller"),
      Confirm("a", "m1", kReceipt, "buyer"),
      Release("a", "m1", 1),
      Refund("a", "m1"),
      Cancel("a", {"buyer", "seller"}),
      AdvanceClock(base::AddSeconds(kStart, kDay)),
  };
  const std::size_t letters = alphabet.size();
  for (std::size_t word = 0; word < letters * letters * letters * letters && !HasFailure(); ++word) {
    SCOPED_TRACE("sequence " + std::to_string(word));
    World world;
    ASSERT_EQ(world.Run(Create("a", SmallLadder())), "OK");
    for (std::size_t rest = word, i = 0; i < 4; ++i, rest /= letters) {
      world.Run(alphabet[rest % letters]);
    }
    ExpectNothingIsStuck(world);
  }
}

}  // namespace
}  // namespace escrow::core::test
