#include <gtest/gtest.h>

#include <set>
#include <string>

#include "escrowctl/orders/generator.h"
#include "escrowctl/orders/run.h"
#include "tables.h"

namespace escrow::orders {
namespace {

const std::string kPlatform = "platforms/test";

Plan TwoSellers() {
  return Tables()
      .Order("a", "delivered", {kMar1, kMar2, kMar3, kMar9, kMar20})
      .Item("a", "s1", "60.00", "10.00")
      .Item("a", "s2", "40.00", "5.00")
      .Pay("a", "115.00")
      .Review("a", "5", kMar12)
      .MakePlan();
}

TEST(Terms, FollowTheMapping) {
  const Plan plan = TwoSellers();
  const v1::Agreement terms = TermsOf(plan.agreements[0], kPlatform);
  EXPECT_EQ(terms.currency_code(), "BRL");
  EXPECT_EQ(terms.participants_size(), 4);
  ASSERT_EQ(terms.milestones_size(), 2);
  const v1::Milestone& carrier = terms.milestones(0);
  EXPECT_EQ(carrier.amount().minor_units(), 1'500);
  EXPECT_EQ(carrier.payees(1).party(), "platforms/test/parties/s2");
  EXPECT_EQ(carrier.payees(1).minor_units(), 500);
  EXPECT_EQ(carrier.fees_size(), 0);
  const v1::Milestone& receipt = terms.milestones(1);
  EXPECT_EQ(receipt.amount().minor_units(), 10'000);
  EXPECT_EQ(receipt.fees(0).basis_points(), 1'000);
  EXPECT_EQ(receipt.release_when().all_of().conditions_size(), 2);
  EXPECT_EQ(receipt.delivery_deadline_met_by(), v1::CONFIRMATION_KIND_DELIVERY);
  EXPECT_EQ(terms.policies().underfunding_tolerance_minor_units(), kToleranceMinorUnits);
}

TEST(CommandSource, MovesTheClockAndCreatesPartiesBeforeTheyAreNeeded) {
  const Plan plan = TwoSellers();
  CommandSource source(plan, kPlatform);
  std::string told;
  std::set<std::string> request_ids;
  for (auto commands = source.Next(3); !commands.empty(); commands = source.Next(3)) {
    EXPECT_LE(commands.size(), 3U);
    for (const PlannedCommand& planned : commands) {
      const v1::Command& command = planned.command;
      told += command.has_create_party()        ? "party "
              : command.has_create_agreement()  ? "agreement "
              : command.has_record_deposit()    ? "deposit "
              : command.has_confirm_milestone() ? "confirm "
              : command.has_advance_clock()     ? "clock "
                                                : "? ";
      EXPECT_EQ(planned.action == PlannedCommand::kNoAction, command.has_create_party() || command.has_advance_clock());
    }
  }
  EXPECT_EQ(told, "party party party party agreement clock deposit clock confirm clock confirm clock confirm ");
}

TEST(CommandSource, NeverLetsTheClockGoBackAndEndsAtTheEndOfTheData) {
  const auto data = ReadDataset(Generate(200, 3));
  ASSERT_TRUE(data.ok());
  const Plan plan = MakePlan(*data);
  CommandSource source(plan, kPlatform);
  std::set<std::string> parties;
  std::size_t actions = 0;
  std::int64_t clock = plan.begin.ns;
  for (auto commands = source.Next(kBatchCommands); !commands.empty(); commands = source.Next(kBatchCommands)) {
    for (const PlannedCommand& planned : commands) {
      actions += planned.action == PlannedCommand::kNoAction ? 0 : 1;
      if (planned.command.has_advance_clock()) {
        const auto& time = planned.command.advance_clock().clock_time();
        const std::int64_t ns = time.seconds() * base::kNsPerSecond + time.nanos();
        EXPECT_GT(ns, clock);
        clock = ns;
      }
      if (planned.command.has_create_party()) {
        EXPECT_TRUE(parties.insert(planned.command.create_party().party_id()).second);
      }
    }
  }
  EXPECT_EQ(actions, plan.actions.size());
  EXPECT_EQ(clock, plan.end.ns);
}

}  // namespace
}  // namespace escrow::orders
