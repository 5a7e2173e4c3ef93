#include "core/limits.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "unit/core/world.h"

// Amounts, lists, trees and texts at their limits and one past them; agreements that contradict themselves.
namespace escrow::core::test {
namespace {

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();

std::string TryCreate(const v1::Agreement& agreement) {
  World world;
  return world.Run(Create("a", agreement));
}

// The result of creating Contract({Step("m1", 100)}) after a change.
std::string Changed(const std::function<void(v1::Agreement&)>& change) {
  v1::Agreement agreement = Contract({Step("m1", 100)});
  change(agreement);
  return TryCreate(agreement);
}

std::string ChangedStep(const std::function<void(v1::Milestone&)>& change) {
  return Changed([&change](v1::Agreement& agreement) { change(*agreement.mutable_milestones(0)); });
}

TEST(LimitsTest, AmountsOfDeposits) {
  World world;
  ASSERT_EQ(world.Run(Create("a", Contract({Step("m1", kMinorUnitsMax)}))), "OK");
  for (const std::int64_t amount :
       {kLowest, kLowest + 1, std::int64_t{-1}, std::int64_t{0}, kMinorUnitsMax + 1, kHighest}) {
    EXPECT_EQ(world.Run(Deposit("a", amount)), "AMOUNT_OUT_OF_RANGE") << amount;
  }
  EXPECT_EQ(world.Run(Deposit("a", 1)), "OK");
  // A sum past the limit is refused as well.
  EXPECT_EQ(world.Run(Deposit("a", kMinorUnitsMax)), "AMOUNT_OUT_OF_RANGE");
  EXPECT_EQ(world.Run(Deposit("a", kMinorUnitsMax - 1)), "OK");
  EXPECT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
  EXPECT_EQ(world.Payable("seller"), kMinorUnitsMax);
}

TEST(LimitsTest, AmountsOfMilestones) {
  for (const std::int64_t amount : {kLowest, std::int64_t{-1}, std::int64_t{0}, kMinorUnitsMax + 1, kHighest}) {
    EXPECT_EQ(TryCreate(Contract({Step("m1", amount)})), "AMOUNT_OUT_OF_RANGE") << amount;
  }
  EXPECT_EQ(TryCreate(Contract({Step("m1", kMinorUnitsMax - 1), Step("m2", 1)})), "OK");
  EXPECT_EQ(TryCreate(Contract({Step("m1", kMinorUnitsMax), Step("m2", 1)})), "AMOUNT_OUT_OF_RANGE");
  EXPECT_EQ(Changed([](v1::Agreement& agreement) {
              *agreement.mutable_milestones(0)->mutable_amount() = Money(kMinorUnitsMax);
              *agreement.mutable_milestones(0)->add_fees() = FixedFee(v1::Fee::BENEFICIARY_PLATFORM, 1);
              agreement.mutable_policies()->set_fee_bearer(v1::Policies::FEE_BEARER_BUYER);
            }),
            "AMOUNT_OUT_OF_RANGE");
}

TEST(LimitsTest, AmountsOfSharesAndFees) {
  for (const std::int64_t amount : {kLowest, std::int64_t{-1}, std::int64_t{0}, kMinorUnitsMax + 1, kHighest}) {
    EXPECT_NE(ChangedStep([amount](v1::Milestone& step) { *step.add_payees() = Fixed("seller", amount); }), "OK")
        << amount;
    EXPECT_NE(ChangedStep([amount](v1::Milestone& step) {
                *step.add_fees() = FixedFee(v1::Fee::BENEFICIARY_PLATFORM, amount);
              }),
              "OK")
        << amount;
  }
  for (const std::int32_t points :
       {std::numeric_limits<std::int32_t>::min(), -1, 0, 10'001, std::numeric_limits<std::int32_t>::max()}) {
    EXPECT_EQ(ChangedStep([points](v1::Milestone& step) {
                *step.add_fees() = PointsFee(v1::Fee::BENEFICIARY_PLATFORM, points);
              }),
              "INVALID_FIELD")
        << points;
    EXPECT_EQ(ChangedStep([points](v1::Milestone& step) { *step.mutable_payees(0) = Points("seller", points); }),
              "INVALID_FIELD")
        << points;
  }
  EXPECT_EQ(ChangedStep([](v1::Milestone& step) { *step.add_fees() = FixedFee(v1::Fee::BENEFICIARY_PLATFORM, 101); }),
            "FEES_EXCEED_AMOUNT");
  EXPECT_EQ(ChangedStep([](v1::Milestone& step) {
              *step.add_fees() = PointsFee(v1::Fee::BENEFICIARY_PLATFORM, 9'999);
              *step.add_fees() = FixedFee(v1::Fee::BENEFICIARY_OPERATOR, 1);
            }),
            "FEES_EXCEED_AMOUNT");  // 99.99 rounds to 100
}

TEST(LimitsTest, AmountsOfReleasesRefundsAndPayouts) {
  World world;
  v1::Agreement agreement = Contract({Step("m1", 100)});
  agreement.mutable_policies()->set_partial_release(v1::Policies::PARTIAL_RELEASE_ALLOW);
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  ASSERT_EQ(world.Run(Deposit("a", 100)), "OK");
  for (const std::int64_t amount : {kLowest, std::int64_t{-1}, kMinorUnitsMax + 1, kHighest}) {
    EXPECT_EQ(world.Run(Release("a", "m1", amount)), "AMOUNT_OUT_OF_RANGE") << amount;
    EXPECT_EQ(world.Run(Refund("a", "m1", amount)), "AMOUNT_OUT_OF_RANGE") << amount;
    EXPECT_EQ(world.Run(RequestPayout("p", v1::ACCOUNT_KIND_PAYABLE, "seller", amount)), "AMOUNT_OUT_OF_RANGE")
        << amount;
  }
  // An amount that is there and zero is not "the whole".
  v1::Command zero = Release("a", "m1", 1);
  zero.mutable_release_milestone()->mutable_amount()->set_minor_units(0);
  EXPECT_EQ(world.Run(zero), "AMOUNT_OUT_OF_RANGE");
}

TEST(LimitsTest, Currencies) {
  for (const char* code : {"", "eur", "XAU", "EURO", "ZZZ"}) {
    EXPECT_NE(Changed([code](v1::Agreement& agreement) { agreement.set_currency_code(code); }), "OK") << code;
  }
  EXPECT_EQ(Changed([](v1::Agreement& agreement) { agreement.set_currency_code("XAU"); }), "UNKNOWN_CURRENCY");
  EXPECT_EQ(Changed([](v1::Agreement& agreement) { agreement.set_currency_code("USD"); }), "CURRENCY_MISMATCH");
  World world;
  ASSERT_EQ(world.Run(Create("a", Contract({Step("m1", 100)}))), "OK");
  v1::Command deposit = Deposit("a", 1);
  deposit.mutable_record_deposit()->mutable_amount()->set_currency_code("USD");
  EXPECT_EQ(world.Run(deposit), "CURRENCY_MISMATCH");
}

TEST(LimitsTest, AHundredMilestones) {
  v1::Agreement agreement = Contract({});
  for (std::size_t i = 0; i < kMilestonesMax; ++i) {
    *agreement.add_milestones() = Step("m" + std::to_string(i), 1);
  }
  EXPECT_EQ(TryCreate(agreement), "OK");
  *agreement.add_milestones() = Step("one-more", 1);
  EXPECT_EQ(TryCreate(agreement), "TOO_MANY_ITEMS");
  for (int i = 0; i < 9'899; ++i) {
    *agreement.add_milestones() = Step("n" + std::to_string(i), 1);
  }
  EXPECT_EQ(TryCreate(agreement), "MESSAGE_TOO_LARGE");
  EXPECT_EQ(TryCreate(Contract({})), "MISSING_FIELD");
  EXPECT_EQ(TryCreate(Contract({Step("m1", 1), Step("m1", 1)})), "DUPLICATE_ITEM");
}

v1::Condition Nested(int depth) {
  v1::Condition condition = Needs(kReceipt, kBuyer);
  for (int i = 1; i < depth; ++i) {
    condition = AllOf({condition});
  }
  return condition;
}

v1::Condition Wide(int nodes) {
  v1::Condition condition;
  for (int i = 1; i < nodes; ++i) {
    *condition.mutable_any_of()->add_conditions() = Needs(kReceipt, kBuyer);
  }
  return condition;
}

TEST(LimitsTest, Conditions) {
  EXPECT_EQ(TryCreate(Contract({Step("m1", 1, Nested(8))})), "OK");
  EXPECT_EQ(TryCreate(Contract({Step("m1", 1, Nested(9))})), "CONDITION_TOO_DEEP");
  EXPECT_EQ(TryCreate(Contract({Step("m1", 1, Nested(60))})), "CONDITION_TOO_DEEP");
  EXPECT_EQ(TryCreate(Contract({Step("m1", 1, Wide(64))})), "OK");
  EXPECT_EQ(TryCreate(Contract({Step("m1", 1, Wide(65))})), "TOO_MANY_ITEMS");
  EXPECT_EQ(TryCreate(Contract({Step("m1", 1, Wide(10'000))})), "MESSAGE_TOO_LARGE");
  EXPECT_EQ(TryCreate(Contract({Step("m1", 1, AllOf({}))})), "EMPTY_CONDITION");
  EXPECT_EQ(TryCreate(Contract({Step("m1", 1, AnyOf({Needs(kReceipt, kBuyer), AllOf({})}))})), "EMPTY_CONDITION");
  EXPECT_EQ(TryCreate(Contract({Step("m1", 1, v1::Condition())})), "EMPTY_CONDITION");
  for (const std::int32_t count : {-1, 0, 2, 1'000'000'000}) {
    EXPECT_EQ(TryCreate(Contract({Step("m1", 1, AtLeast(count, {Needs(kReceipt, kBuyer)}))})), "INVALID_FIELD")
        << count;
  }
  // Nobody is there who could say it.
  EXPECT_EQ(TryCreate(Contract({Step("m1", 1, Needs(kDelivery, kCarrier))})), "PARTY_NOT_PARTICIPANT");
  EXPECT_EQ(TryCreate(Contract({Step("m1", 1, Needs(v1::CONFIRMATION_KIND_UNSPECIFIED, kBuyer))})), "MISSING_FIELD");
  EXPECT_EQ(TryCreate(Contract({Step("m1", 1, Needs(static_cast<v1::ConfirmationKind>(99), kBuyer))})),
            "INVALID_FIELD");
}

TEST(LimitsTest, Participants) {
  EXPECT_EQ(Changed([](v1::Agreement& agreement) { agreement.mutable_participants()->RemoveLast(); }), "MISSING_FIELD");
  EXPECT_EQ(Changed([](v1::Agreement& agreement) { agreement.mutable_participants()->DeleteSubrange(0, 1); }),
            "MISSING_FIELD");
  EXPECT_NE(Changed([](v1::Agreement& agreement) { agreement = Join(agreement, kBuyer, "stranger"); }), "OK");
  EXPECT_EQ(Changed([](v1::Agreement& agreement) { agreement = Join(agreement, kSeller, "seller"); }),
            "DUPLICATE_ITEM");
  EXPECT_EQ(Changed([](v1::Agreement& agreement) { agreement = Join(agreement, kCarrier, "nobody"); }),
            "PARTY_NOT_FOUND");
  EXPECT_EQ(Changed([](v1::Agreement& agreement) {
              agreement = Join(agreement, kCarrier, "carrier");
              agreement.mutable_participants(2)->set_party("platforms/other/parties/carrier");
            }),
            "INVALID_NAME");
  EXPECT_EQ(ChangedStep([](v1::Milestone& step) { *step.mutable_payees(0) = Rest("partner"); }),
            "PARTY_NOT_PARTICIPANT");

  World world;
  v1::Agreement crowd = Contract({Step("m1", 1)});
  for (std::size_t i = 2; i < kParticipantsMax; ++i) {
    const std::string id = "p" + std::to_string(i);
    ASSERT_EQ(world.Run(CreateParty(id)), "OK");
    crowd = Join(std::move(crowd), kInspector, id);
  }
  EXPECT_EQ(world.Run(Create("a", crowd)), "OK");
  EXPECT_EQ(world.Run(Create("b", Join(crowd, kInspector, "inspector"))), "TOO_MANY_ITEMS");
}

TEST(LimitsTest, PayeesAndFees) {
  EXPECT_EQ(ChangedStep([](v1::Milestone& step) { step.clear_payees(); }), "MISSING_FIELD");
  EXPECT_EQ(ChangedStep([](v1::Milestone& step) {
              for (std::size_t i = 0; i < kPayeesMax; ++i) {
                *step.add_payees() = Fixed("seller", 1);
              }
            }),
            "TOO_MANY_ITEMS");
  EXPECT_EQ(ChangedStep([](v1::Milestone& step) {
              for (std::size_t i = 0; i <= kFeesMax; ++i) {
                *step.add_fees() = FixedFee(v1::Fee::BENEFICIARY_PLATFORM, 1);
              }
            }),
            "TOO_MANY_ITEMS");
  EXPECT_EQ(ChangedStep([](v1::Milestone& step) { step.mutable_payees(0)->clear_share(); }), "MISSING_FIELD");
  EXPECT_EQ(ChangedStep([](v1::Milestone& step) { step.add_fees()->set_minor_units(1); }), "MISSING_FIELD");
  EXPECT_NE(Changed([](v1::Agreement& agreement) {
              agreement = Join(agreement, v1::ROLE_PARTNER, "partner");
              *agreement.mutable_milestones(0)->add_payees() = Rest("partner");
            }),
            "OK");  // two take the rest
}

TEST(LimitsTest, Protection) {
  EXPECT_EQ(ChangedStep([](v1::Milestone& step) { step.clear_release_when(); }), "PROTECTION_UNCLEAR");
  EXPECT_EQ(ChangedStep([](v1::Milestone& step) { step.set_release_on_funding(true); }), "PROTECTION_UNCLEAR");
  v1::Milestone spot = Step("m1", 1);
  spot.clear_release_when();
  spot.set_release_on_funding(true);
  EXPECT_EQ(TryCreate(Contract({spot})), "OK");
  EXPECT_EQ(TryCreate(Contract({spot, Step("m2", 1)})), "PROTECTION_UNCLEAR");
}

TEST(LimitsTest, Timers) {
  const auto with_deemed = [](const v1::Timer& timer) {
    return TryCreate(Contract({Step("m1", 1, NeedsOrDeemed(kReceipt, kBuyer, timer))}));
  };
  const auto funded = v1::Timer::START_MILESTONE_FUNDED;
  EXPECT_EQ(with_deemed(After(funded, 1)), "OK");
  EXPECT_EQ(with_deemed(After(funded, kTimerSecondsMax)), "OK");
  for (const std::int64_t seconds : {kLowest, std::int64_t{-1}, std::int64_t{0}, kTimerSecondsMax + 1, kHighest}) {
    EXPECT_EQ(with_deemed(After(funded, seconds)), "TIMER_INVALID") << seconds;
  }
  EXPECT_EQ(with_deemed(v1::Timer()), "TIMER_INVALID");
  EXPECT_EQ(with_deemed(After(v1::Timer::START_FIXED_TIME, 1)), "TIMER_INVALID");
  EXPECT_EQ(with_deemed(After(v1::Timer::START_CONFIRMATION_RECORDED, 1)), "TIMER_INVALID");
  v1::Timer fraction = After(funded, 1);
  fraction.mutable_duration()->set_nanos(1);
  EXPECT_EQ(with_deemed(fraction), "TIMER_INVALID");
  v1::Timer both = At(base::AddSeconds(kStart, kDay));
  both.mutable_duration()->set_seconds(1);
  EXPECT_EQ(with_deemed(both), "TIMER_INVALID");
  // What starts a timer, and what meets a deadline, is something that the milestone asks for; nothing starts itself.
  EXPECT_EQ(with_deemed(AfterRecorded(kReceipt, 1)), "TIMER_INVALID");
  EXPECT_EQ(with_deemed(AfterRecorded(kShipment, 1)), "POLICY_CONFLICT");
  EXPECT_EQ(ChangedStep([&](v1::Milestone& step) {
              *step.mutable_delivery_deadline() = After(funded, 1);
              step.set_delivery_deadline_met_by(kShipment);
            }),
            "POLICY_CONFLICT");
  EXPECT_EQ(ChangedStep([](v1::Milestone& step) { step.set_delivery_deadline_met_by(kReceipt); }), "POLICY_CONFLICT");
  EXPECT_EQ(ChangedStep([&](v1::Milestone& step) { *step.mutable_funding_deadline() = After(funded, 1); }),
            "TIMER_INVALID");
  EXPECT_EQ(ChangedStep([&](v1::Milestone& step) { *step.mutable_delivery_deadline() = After(funded, 1); }),
            "MISSING_FIELD");
}

TEST(LimitsTest, Policies) {
  const auto with_policy = [](const std::function<void(v1::Policies&)>& change) {
    return Changed([&change](v1::Agreement& agreement) { change(*agreement.mutable_policies()); });
  };
  const auto tolerate = v1::Policies::UNDERFUNDING_ACCEPT_WITHIN_TOLERANCE;
  for (const std::int64_t tolerance : {kLowest, std::int64_t{-1}, std::int64_t{0}, std::int64_t{100}, kHighest}) {
    EXPECT_NE(with_policy([&](v1::Policies& policies) {
                policies.set_underfunding(tolerate);
                policies.set_underfunding_tolerance_minor_units(tolerance);
              }),
              "OK")
        << tolerance;
  }
  EXPECT_EQ(with_policy([&](v1::Policies& policies) {
              policies.set_underfunding(tolerate);
              policies.set_underfunding_tolerance_minor_units(99);
            }),
            "OK");
  EXPECT_EQ(with_policy([](v1::Policies& policies) { policies.set_underfunding_tolerance_minor_units(1); }),
            "POLICY_CONFLICT");
  EXPECT_EQ(with_policy([](v1::Policies& policies) { policies.mutable_payout_delay()->set_seconds(1); }),
            "POLICY_CONFLICT");
  for (const std::int64_t seconds : {kLowest, std::int64_t{-1}, kPayoutDelaySecondsMax + 1, kHighest}) {
    EXPECT_EQ(with_policy([seconds](v1::Policies& policies) {
                policies.set_payout(v1::Policies::PAYOUT_AUTOMATIC);
                policies.mutable_payout_delay()->set_seconds(seconds);
              }),
              "INVALID_FIELD")
        << seconds;
  }
  for (const std::int64_t seconds : {kLowest, std::int64_t{-1}, std::int64_t{0}, kTimerSecondsMax + 1, kHighest}) {
    EXPECT_EQ(with_policy([seconds](v1::Policies& policies) { policies.mutable_long_stop()->set_seconds(seconds); }),
              "INVALID_FIELD")
        << seconds;
  }
  EXPECT_EQ(with_policy([](v1::Policies& policies) { policies.set_funding(static_cast<v1::Policies::Funding>(99)); }),
            "INVALID_FIELD");
}

TEST(LimitsTest, References) {
  const auto with_reference = [](const std::string& reference) {
    return Changed([&reference](v1::Agreement& agreement) { agreement.set_external_reference(reference); });
  };
  EXPECT_EQ(with_reference(std::string(128, 'x')), "OK");
  EXPECT_EQ(with_reference(std::string(129, 'x')), "INVALID_FIELD");
  EXPECT_EQ(with_reference("M\xc3\xbcller"), "INVALID_FIELD");
  World world;
  ASSERT_EQ(world.Run(Create("a", Contract({Step("m1", 100)}))), "OK");
  EXPECT_EQ(world.Run(Deposit("a", 1, std::string(64, 'x'))), "OK");
  EXPECT_EQ(world.Run(Deposit("a", 1, std::string(65, 'x'))), "INVALID_FIELD");
  EXPECT_EQ(world.Run(Deposit("a", 1, "")), "MISSING_FIELD");
}

TEST(LimitsTest, OutputFieldsAreNotInput) {
  // What the server says is not taken from the caller: it changes nothing.
  EXPECT_EQ(Changed([](v1::Agreement& agreement) {
              agreement.set_state(v1::Agreement::STATE_SETTLED);
              agreement.mutable_totals()->set_held(5);
            }),
            "OK");
  World world;
  v1::Agreement agreement = Contract({Step("m1", 100)});
  agreement.mutable_totals()->set_deposited(5);
  agreement.mutable_milestones(0)->set_state(v1::Milestone::STATE_FUNDED);
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  EXPECT_EQ(world.SumsOf("a"), Sums{});
  EXPECT_EQ(world.StateOf("a", "m1"), "PENDING");
}

}  // namespace
}  // namespace escrow::core::test
