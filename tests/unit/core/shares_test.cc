#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "unit/core/world.h"

// How money is shared. Every expected number was worked out by hand from the definitions in policy.proto and
// agreement.proto; the working stands beside the vector.
namespace escrow::core::test {
namespace {

constexpr auto kPlatformFee = v1::Fee::BENEFICIARY_PLATFORM;
constexpr auto kOperatorFee = v1::Fee::BENEFICIARY_OPERATOR;

v1::Agreement WithPayees(std::int64_t amount, const std::vector<v1::Payee>& payees,
                         const std::vector<v1::Fee>& fees = {}) {
  v1::Agreement agreement = Contract({Step("m1", amount)});
  agreement = Join(Join(std::move(agreement), kSeller, "seller2"), v1::ROLE_PARTNER, "partner");
  v1::Milestone& milestone = *agreement.mutable_milestones(0);
  milestone.clear_payees();
  milestone.mutable_payees()->Assign(payees.begin(), payees.end());
  milestone.mutable_fees()->Assign(fees.begin(), fees.end());
  return agreement;
}

v1::Agreement Rounded(v1::Agreement agreement, v1::Policies::Rounding rounding) {
  agreement.mutable_policies()->set_rounding(rounding);
  return agreement;
}

// The lines of the first milestone as the creation event has them, payees first, then fees.
std::vector<std::int64_t> LinesOf(const World& world) {
  std::vector<std::int64_t> lines;
  for (const v1::Schedule::Line& line : world.events().front().agreement_created().schedules(0).lines()) {
    lines.push_back(line.minor_units());
  }
  return lines;
}

using Lines = std::vector<std::int64_t>;

struct Vector {
  std::string what;
  v1::Agreement agreement;
  Lines lines;
  std::int64_t required;
};

void Check(const std::vector<Vector>& vectors) {
  for (const Vector& vector : vectors) {
    SCOPED_TRACE(vector.what);
    World world;
    ASSERT_EQ(world.Run(Create("a", vector.agreement)), "OK");
    EXPECT_EQ(LinesOf(world), vector.lines);
    EXPECT_EQ(world.events().front().agreement_created().schedules(0).required_minor_units(), vector.required);

    // And the money goes exactly there.
    ASSERT_EQ(world.Run(Deposit("a", vector.required)), "OK");
    ASSERT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
    EXPECT_EQ(world.StateOf("a"), "SETTLED");
    std::int64_t fees = 0;
    const v1::Schedule schedule = world.log()[world.Get("a").create_sequence - 1].agreement_created().schedules(0);
    std::map<std::string, std::int64_t> by_party;
    for (const v1::Schedule::Line& line : schedule.lines()) {
      (line.account() == v1::ACCOUNT_KIND_PAYABLE ? by_party[line.party_id()] : fees) += line.minor_units();
    }
    for (const auto& [party, amount] : by_party) {
      EXPECT_EQ(world.Payable(party), amount) << party;
    }
    EXPECT_EQ(world.SumsOf("a"),
              (Sums{.deposited = vector.required, .released = vector.required - fees, .fees = fees}));
  }
}

TEST(SharesTest, LargestRemainder) {
  Check({
      {"exact", WithPayees(100, {Points("seller", 5'000), Points("seller2", 5'000)}), {50, 50}, 100},
      // 101 * 0.5 = 50.5 each; one unit is left; equal remainders, the earlier payee gets it.
      {"a tie", WithPayees(101, {Points("seller", 5'000), Points("seller2", 5'000)}), {51, 50}, 101},
      // 10 * 0.3333 = 3.333, 3.333, 10 * 0.3334 = 3.334; floors 3 3 3; one left; the largest remainder is the third.
      {"thirds",
       WithPayees(10, {Points("seller", 3'333), Points("seller2", 3'333), Points("partner", 3'334)}),
       {3, 3, 4},
       10},
      // 7 * 0.15 = 1.05, 7 * 0.25 = 1.75, 7 * 0.6 = 4.2; floors 1 1 4; one left; .75 is the largest.
      {"seven",
       WithPayees(7, {Points("seller", 1'500), Points("seller2", 2'500), Points("partner", 6'000)}),
       {1, 2, 4},
       7},
      // 5 * 0.3 = 1.5, 5 * 0.3 = 1.5, 5 * 0.4 = 2.0; floors 1 1 2; one left; a tie of .5, the earlier.
      {"two and a tie",
       WithPayees(5, {Points("seller", 3'000), Points("seller2", 3'000), Points("partner", 4'000)}),
       {2, 1, 2},
       5},
      // 1 * 0.1 = .1, .2, .7: floors 0 0 0; the unit goes to .7; the others get nothing.
      {"one unit",
       WithPayees(1, {Points("seller", 1'000), Points("seller2", 2'000), Points("partner", 7'000)}),
       {0, 0, 1},
       1},
      // (10^15 - 1) * 0.3333 = 333299999999999.6667 twice, * 0.3334 = 333399999999999.6666; two left, to the first two.
      {"near the limit, past 64 bits on the way",
       WithPayees(999'999'999'999'999, {Points("seller", 3'333), Points("seller2", 3'333), Points("partner", 3'334)}),
       {333'300'000'000'000, 333'300'000'000'000, 333'399'999'999'999},
       999'999'999'999'999},
  });
}

TEST(SharesTest, RemainderToFirst) {
  const auto first = v1::Policies::ROUNDING_REMAINDER_TO_FIRST;
  Check({
      {"exact", Rounded(WithPayees(100, {Points("seller", 5'000), Points("seller2", 5'000)}), first), {50, 50}, 100},
      // Floors 3 3 3; the unit left goes to the first.
      {"thirds",
       Rounded(WithPayees(10, {Points("seller", 3'333), Points("seller2", 3'333), Points("partner", 3'334)}), first),
       {4, 3, 3},
       10},
      // Floors 1 1 4; one left.
      {"seven",
       Rounded(WithPayees(7, {Points("seller", 1'500), Points("seller2", 2'500), Points("partner", 6'000)}), first),
       {2, 1, 4},
       7},
      // 9 * 0.11 = .99, 9 * 0.22 = 1.98, 9 * 0.67 = 6.03; floors 0 1 6; two left, both to the first.
      {"two units",
       Rounded(WithPayees(9, {Points("seller", 1'100), Points("seller2", 2'200), Points("partner", 6'700)}), first),
       {2, 1, 6},
       9},
  });
}

TEST(SharesTest, FixedSharesAndTheRest) {
  Check({
      {"all fixed", WithPayees(100, {Fixed("seller", 60), Fixed("seller2", 40)}), {60, 40}, 100},
      {"fixed and rest", WithPayees(100, {Fixed("seller", 99), Rest("seller2")}), {99, 1}, 100},
      {"rest first", WithPayees(100, {Rest("seller"), Fixed("seller2", 30), Fixed("partner", 20)}), {50, 30, 20}, 100},
      {"points and rest", WithPayees(200, {Points("seller", 2'500), Rest("seller2")}), {50, 150}, 200},
      // 7 * 0.25 = 1.75; with a rest there is nothing to round: the rest takes what is left.
      {"points are rounded down before a rest", WithPayees(7, {Points("seller", 2'500), Rest("seller2")}), {1, 6}, 7},
      {"everything",
       WithPayees(1'000, {Fixed("seller", 100), Points("seller2", 1'000), Rest("partner")}),
       {100, 100, 800},
       1'000},
      {"the rest alone", WithPayees(7, {Rest("seller")}), {7}, 7},
  });
}

TEST(SharesTest, FeesComeOutOfThePayeesShares) {
  Check({
      // 2.5 % of 1000 = 25.
      {"one payee", WithPayees(1'000, {Rest("seller")}, {PointsFee(kPlatformFee, 250)}), {975, 25}, 1'000},
      // Half up: 1 % of 50 = 0.5 -> 1; of 49 = 0.49 -> 0; of 150 = 1.5 -> 2; of 149 = 1.49 -> 1.
      {"half up 0.5", WithPayees(50, {Rest("seller")}, {PointsFee(kPlatformFee, 100)}), {49, 1}, 50},
      {"half up 0.49", WithPayees(49, {Rest("seller")}, {PointsFee(kPlatformFee, 100)}), {49, 0}, 49},
      {"half up 1.5", WithPayees(150, {Rest("seller")}, {PointsFee(kPlatformFee, 100)}), {148, 2}, 150},
      {"half up 1.49", WithPayees(149, {Rest("seller")}, {PointsFee(kPlatformFee, 100)}), {148, 1}, 149},
      // 30 of 1000, in proportion to 600 and 400: 18 and 12.
      {"two payees",
       WithPayees(1'000, {Fixed("seller", 600), Fixed("seller2", 400)}, {FixedFee(kPlatformFee, 30)}),
       {582, 388, 30},
       1'000},
      // 10 of 100 in proportion to 33 and 67: 3.3 and 6.7; net 29.7 and 60.3: 30 and 60.
      {"with a remainder",
       WithPayees(100, {Fixed("seller", 33), Fixed("seller2", 67)}, {FixedFee(kPlatformFee, 10)}),
       {30, 60, 10},
       100},
      // 1 of 100 in proportion to 50 and 50: 0.5 each; a tie, so the earlier payee bears it.
      {"a tie",
       WithPayees(100, {Fixed("seller", 50), Fixed("seller2", 50)}, {FixedFee(kPlatformFee, 1)}),
       {49, 50, 1},
       100},
      // 10 of 100 in proportion to 33 and 67: 3.3 and 6.7; floors 3 and 6; the first bears the unit left.
      {"remainder to first",
       Rounded(WithPayees(100, {Fixed("seller", 33), Fixed("seller2", 67)}, {FixedFee(kPlatformFee, 10)}),
               v1::Policies::ROUNDING_REMAINDER_TO_FIRST),
       {29, 61, 10},
       100},
      {"both beneficiaries",
       WithPayees(1'000, {Rest("seller")}, {PointsFee(kPlatformFee, 200), FixedFee(kOperatorFee, 7)}),
       {973, 20, 7},
       1'000},
      {"fees eat everything", WithPayees(100, {Rest("seller")}, {FixedFee(kPlatformFee, 100)}), {0, 100}, 100},
      {"a hundred percent", WithPayees(100, {Rest("seller")}, {PointsFee(kOperatorFee, 10'000)}), {0, 100}, 100},
  });
}

TEST(SharesTest, FeesOnTopOfTheAmount) {
  v1::Agreement one = WithPayees(1'000, {Rest("seller")}, {PointsFee(kPlatformFee, 250), FixedFee(kOperatorFee, 3)});
  one.mutable_policies()->set_fee_bearer(v1::Policies::FEE_BEARER_BUYER);
  v1::Agreement two =
      WithPayees(101, {Points("seller", 5'000), Points("seller2", 5'000)}, {PointsFee(kPlatformFee, 100)});
  two.mutable_policies()->set_fee_bearer(v1::Policies::FEE_BEARER_BUYER);
  Check({{"one payee", one, {1'000, 25, 3}, 1'028}, {"two payees", two, {51, 50, 1}, 102}});
}

TEST(SharesTest, FeesReachTheirAccounts) {
  World world;
  const v1::Agreement agreement =
      WithPayees(1'000, {Rest("seller")}, {PointsFee(kPlatformFee, 200), FixedFee(kOperatorFee, 7)});
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  ASSERT_EQ(world.Run(Deposit("a", 1'000)), "OK");
  EXPECT_EQ(world.Total(v1::ACCOUNT_KIND_PLATFORM_FEES), 0);
  ASSERT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
  EXPECT_EQ(world.Total(v1::ACCOUNT_KIND_PLATFORM_FEES), 20);
  EXPECT_EQ(world.Total(v1::ACCOUNT_KIND_OPERATOR_FEES), 7);
  EXPECT_EQ(world.Total(v1::ACCOUNT_KIND_CUSTODY_BANK), 1'000);
}

// Each part is shared in proportion to what each has still to get.
TEST(SharesTest, PartialReleases) {
  World world;
  v1::Agreement agreement = WithPayees(100, {Fixed("seller", 70), Fixed("seller2", 30)});
  agreement.mutable_policies()->set_partial_release(v1::Policies::PARTIAL_RELEASE_ALLOW);
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  ASSERT_EQ(world.Run(Deposit("a", 100)), "OK");

  // 33 of 100 at 70:30 = 23.1 and 9.9 -> 23 and 10; left 47 and 20.
  ASSERT_EQ(world.Run(Release("a", "m1", 33)), "OK");
  EXPECT_EQ(world.Payable("seller"), 23);
  EXPECT_EQ(world.Payable("seller2"), 10);
  EXPECT_EQ(world.StateOf("a", "m1"), "FUNDED");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 100, .held = 67, .released = 33}));

  // 33 of 67 at 47:20 = 23.149 and 9.851 -> 23 and 10; left 24 and 10.
  ASSERT_EQ(world.Run(Release("a", "m1", 33)), "OK");
  EXPECT_EQ(world.Payable("seller"), 46);
  EXPECT_EQ(world.Payable("seller2"), 20);

  // The last part gives everybody the rest, exactly.
  ASSERT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
  EXPECT_EQ(world.Payable("seller"), 70);
  EXPECT_EQ(world.Payable("seller2"), 30);
  EXPECT_EQ(world.StateOf("a"), "SETTLED");
}

TEST(SharesTest, PartialReleaseSharesTheFeeToo) {
  World world;
  v1::Agreement agreement = WithPayees(1'000, {Rest("seller")}, {PointsFee(kPlatformFee, 1'000)});
  agreement.mutable_policies()->set_partial_release(v1::Policies::PARTIAL_RELEASE_ALLOW);
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  ASSERT_EQ(world.Run(Deposit("a", 1'000)), "OK");
  // 500 of 1000 at 900:100 = 450 and 50.
  ASSERT_EQ(world.Run(Release("a", "m1", 500)), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 1'000, .held = 500, .released = 450, .fees = 50}));
  // What is refunded bears no fee.
  ASSERT_EQ(world.Run(Cancel("a", {"buyer", "seller", "seller2"})), "OK");
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 1'000, .released = 450, .refunded = 500, .fees = 50}));
}

TEST(SharesTest, ShortfallIsSharedInProportion) {
  World world;
  v1::Agreement agreement =
      WithPayees(1'000, {Fixed("seller", 600), Fixed("seller2", 400)}, {FixedFee(kPlatformFee, 100)});
  agreement.mutable_policies()->set_underfunding(v1::Policies::UNDERFUNDING_ACCEPT_WITHIN_TOLERANCE);
  agreement.mutable_policies()->set_underfunding_tolerance_minor_units(50);
  ASSERT_EQ(world.Run(Create("a", agreement)), "OK");
  // The lines are 540, 360 and 100. 950 of 1000: 513, 342 and 95.
  ASSERT_EQ(world.Run(Deposit("a", 950)), "OK");
  EXPECT_EQ(world.StateOf("a", "m1"), "FUNDED");
  ASSERT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
  EXPECT_EQ(world.Payable("seller"), 513);
  EXPECT_EQ(world.Payable("seller2"), 342);
  EXPECT_EQ(world.SumsOf("a"), (Sums{.deposited = 950, .released = 855, .fees = 95}));
  EXPECT_EQ(world.StateOf("a"), "SETTLED");
}

TEST(SharesTest, WhatDoesNotAddUpIsRefused) {
  const std::vector<std::pair<std::vector<v1::Payee>, std::string>> rows = {
      {{Fixed("seller", 60), Fixed("seller2", 39)}, "SHARES_DO_NOT_ADD_UP"},
      {{Fixed("seller", 60), Fixed("seller2", 41)}, "SHARES_DO_NOT_ADD_UP"},
      {{Points("seller", 5'000), Points("seller2", 4'999)}, "SHARES_DO_NOT_ADD_UP"},
      {{Points("seller", 5'000), Points("seller2", 5'001)}, "SHARES_DO_NOT_ADD_UP"},
      {{Points("seller", 10'000), Rest("seller2")}, "SHARES_DO_NOT_ADD_UP"},
      // 10,000 points: nothing is left for a rest but what rounding leaves, and that is no share.
      {{Points("seller", 3'333), Points("seller2", 6'667), Rest("partner")}, "SHARES_DO_NOT_ADD_UP"},
      {{Fixed("seller", 100), Rest("seller2")}, "SHARES_DO_NOT_ADD_UP"},
      {{Fixed("seller", 101), Rest("seller2")}, "SHARES_DO_NOT_ADD_UP"},
  };
  for (const auto& [payees, reason] : rows) {
    World world;
    EXPECT_EQ(world.Run(Create("a", WithPayees(100, payees))), reason);
  }
}

}  // namespace
}  // namespace escrow::core::test
