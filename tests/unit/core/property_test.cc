#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "core/explain.h"
#include "unit/core/world.h"

// Random agreements under random commands, and every short sequence of commands on small ones. The World checks the
// invariants after each command; here is what must hold at the end: no money is ever stuck.
//
// ESCROW_SEED=n repeats a run.
namespace escrow::core::test {
namespace {

std::uint64_t Seed() {
  const char* given = std::getenv("ESCROW_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::int64_t Between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool OneIn(std::int64_t n) { return Between(1, n) == 1; }
  template <class T>
  T Pick(std::initializer_list<T> values) {
    return *(values.begin() + Between(0, static_cast<std::int64_t>(values.size()) - 1));
  }

 private:
  std::mt19937_64 engine_;
};

// Starts that a timer may have. Every milestone asks for SHIPMENT, so that timers can start with it.
constexpr std::int64_t kFundingStarts = 1;
constexpr std::int64_t kDeliveryStarts = 2;
constexpr std::int64_t kAllStarts = 3;

v1::Timer RandomTimer(Random& random, std::int64_t starts) {
  const std::int64_t seconds = random.Between(1, 40) * kDay / 2;
  switch (random.Between(0, starts)) {
    case 0:
      return At(base::AddSeconds(kStart, seconds));
    case 1:
      return After(v1::Timer::START_AGREEMENT_ACTIVATED, seconds);
    case 2:
      return After(v1::Timer::START_MILESTONE_FUNDED, seconds);
    default:
      return AfterRecorded(kShipment, seconds);
  }
}

v1::Condition RandomLeaf(Random& random) {
  const auto [kind, role] = random.Pick<std::pair<v1::ConfirmationKind, v1::Role>>(
      {{kShipment, kSeller}, {kDelivery, kCarrier}, {kReceipt, kBuyer}, {kInspection, kInspector}});
  const std::int64_t starts = kind == kShipment ? kDeliveryStarts : kAllStarts;
  return random.OneIn(2) ? Needs(kind, role) : NeedsOrDeemed(kind, role, RandomTimer(random, starts));
}

v1::Condition RandomCondition(Random& random, int depth) {
  if (depth == 0 || random.OneIn(3)) {
    return RandomLeaf(random);
  }
  const v1::Condition one = RandomCondition(random, depth - 1);
  const v1::Condition two = RandomCondition(random, depth - 1);
  switch (random.Between(0, 2)) {
    case 0:
      return AllOf({one, two});
    case 1:
      return AnyOf({one, two});
    default:
      return AtLeast(static_cast<std::int32_t>(random.Between(1, 3)), {one, two, RandomLeaf(random)});
  }
}

v1::Milestone RandomStep(Random& random, int position) {
  const v1::Condition tree = RandomCondition(random, 2);
  const v1::Condition shipment = Needs(kShipment, kSeller);
  v1::Milestone step = Step("m" + std::to_string(position), random.Between(1, 1'000),
                            random.OneIn(2) ? AllOf({shipment, tree}) : AnyOf({shipment, tree}));
  if (random.OneIn(2)) {
    step.clear_payees();
    const auto points = static_cast<std::int32_t>(random.Between(1, 9'999));
    *step.add_payees() = Points("seller", points);
    *step.add_payees() = Points("seller2", 10'000 - points);
  }
  if (random.OneIn(2)) {
    *step.add_fees() = PointsFee(v1::Fee::BENEFICIARY_PLATFORM, static_cast<std::int32_t>(random.Between(1, 4'000)));
  }
  if (random.OneIn(3)) {
    *step.add_fees() = PointsFee(v1::Fee::BENEFICIARY_OPERATOR, static_cast<std::int32_t>(random.Between(1, 4'000)));
  }
  if (position > 0 && random.OneIn(3)) {
    step.add_opens_after("m" + std::to_string(random.Between(0, position - 1)));
  }
  if (random.OneIn(3)) {
    *step.mutable_funding_deadline() = RandomTimer(random, kFundingStarts);
  }
  if (random.OneIn(3)) {
    *step.mutable_delivery_deadline() = RandomTimer(random, kDeliveryStarts);
    step.set_delivery_deadline_met_by(kShipment);
  }
  return step;
}

template <class Enum>
Enum RandomEnum(Random& random, Enum last) {
  return static_cast<Enum>(random.Between(0, static_cast<std::int64_t>(last)));
}

v1::Agreement RandomAgreement(Random& random) {
  v1::Agreement agreement = Contract({});
  for (const auto& [role, party] : {std::pair{kCarrier, "carrier"}, std::pair{kInspector, "inspector"}}) {
    agreement = Join(std::move(agreement), role, party);
  }
  // seller2 is a payee; half of the time also a seller, so that there is no only seller.
  agreement = Join(std::move(agreement), random.OneIn(2) ? kSeller : v1::ROLE_PARTNER, "seller2");
  const auto count = static_cast<int>(random.Between(1, 4));
  for (int i = 0; i < count; ++i) {
    *agreement.add_milestones() = RandomStep(random, i);
  }
  v1::Policies& policies = *agreement.mutable_policies();
  policies.set_acceptance(RandomEnum(random, v1::Policies::ACCEPTANCE_BY_PARTIES));
  policies.set_funding(RandomEnum(random, v1::Policies::FUNDING_PER_MILESTONE));
  policies.set_partial_deposit(RandomEnum(random, v1::Policies::PARTIAL_DEPOSIT_RETURN));
  policies.set_overfunding(RandomEnum(random, v1::Policies::OVERFUNDING_HOLD));
  const std::int64_t last = agreement.milestones(count - 1).amount().minor_units();
  if (last > 1 && random.OneIn(2)) {
    policies.set_underfunding(v1::Policies::UNDERFUNDING_ACCEPT_WITHIN_TOLERANCE);
    policies.set_underfunding_tolerance_minor_units(random.Between(1, last - 1));
  }
  policies.set_late_funding(RandomEnum(random, v1::Policies::LATE_FUNDING_ACCEPT));
  policies.set_missed_milestone(RandomEnum(random, v1::Policies::MISSED_MILESTONE_CONTINUE));
  policies.set_early_confirmation(RandomEnum(random, v1::Policies::EARLY_CONFIRMATION_RECORD));
  policies.set_partial_release(RandomEnum(random, v1::Policies::PARTIAL_RELEASE_ALLOW));
  policies.set_rounding(RandomEnum(random, v1::Policies::ROUNDING_REMAINDER_TO_FIRST));
  policies.set_fee_bearer(RandomEnum(random, v1::Policies::FEE_BEARER_BUYER));
  if (random.OneIn(2)) {
    policies.set_payout(v1::Policies::PAYOUT_AUTOMATIC);
    policies.mutable_payout_delay()->set_seconds(random.Between(0, 5) * kDay);
  }
  policies.mutable_long_stop()->set_seconds(random.Between(1, 100) * kDay);
  policies.set_long_stop_action(RandomEnum(random, v1::Policies::LONG_STOP_ACTION_RELEASE));
  return agreement;
}

v1::Command RandomPayoutStep(Random& random) {
  const std::string id = "p" + std::to_string(random.Between(0, 5));
  switch (random.Between(0, 4)) {
    case 0:
      return RequestPayout(id, random.Pick({v1::ACCOUNT_KIND_PAYABLE, v1::ACCOUNT_KIND_REFUNDABLE}),
                           random.Pick({"buyer", "seller", "seller2"}), random.Between(1, 300));
    case 1:
      return SendPayout(id);
    case 2:
      return SettlePayout(id);
    case 3:
      return FailPayout(id);
    default:
      return ReturnPayout(id);
  }
}

v1::Command RandomCommand(Random& random, const World& world) {
  const std::string id = "a" + std::to_string(random.Between(0, 2));
  const std::string step = "m" + std::to_string(random.Between(0, 3));
  switch (random.Between(0, 11)) {
    case 0:
    case 1:
    case 2:
      return Deposit(id, random.Between(1, random.OneIn(2) ? 100 : 2'500));
    case 3:
      return Accept(id, random.Pick({"buyer", "seller", "seller2"}));
    case 4:
      return random.OneIn(4) ? Cancel(id, {"buyer", "seller"})
                             : Cancel(id, {random.Pick({"buyer", "seller", "seller2"})});
    case 5:
      return Release(id, step, random.OneIn(2) ? 0 : random.Between(1, 500));
    case 6:
      return Refund(id, step, random.OneIn(2) ? 0 : random.Between(1, 500));
    case 7:
      return AdvanceClock(base::AddSeconds(world.now(), random.Between(0, 6) * kDay / 2));
    case 8:
      return RandomPayoutStep(random);
    case 9:
      return Confirm(id, step, kShipment, "seller");
    case 10:
      return random.OneIn(2) ? Confirm(id, step, kDelivery, "carrier") : Confirm(id, step, kInspection, "inspector");
    default:
      return Confirm(id, step, kReceipt, "buyer");
  }
}

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
