#include "unit/core/random_world.h"

#include <cstdlib>
#include <string>
#include <utility>

namespace escrow::core::test {
namespace {

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

v1::Command RandomAboutData(Random& random, const World& world) {
  const std::string party = random.Pick({"buyer", "seller", "partner"});
  const std::string id = "d" + std::to_string(random.Between(0, 2));
  switch (random.Between(0, 4)) {
    case 0:
      return EraseSubject(party);
    case 1:
      return PlaceHold(party, id);
    case 2:
      return PlaceHold(party, id, base::AddSeconds(world.now(), random.Between(0, 3) * kDay));
    case 3:
      return ReleaseHold(party, id);
    default:
      return CommitRecord(party, id);
  }
}

}  // namespace

std::uint64_t Seed() {
  const char* given = std::getenv("ESCROW_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
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

v1::Command RandomCommand(Random& random, const World& world) {
  const std::string id = "a" + std::to_string(random.Between(0, 2));
  const std::string step = "m" + std::to_string(random.Between(0, 3));
  switch (random.Between(0, 12)) {
    case 12:
      return RandomAboutData(random, world);
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

}  // namespace escrow::core::test
