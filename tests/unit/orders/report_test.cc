#include "escrowctl/orders/report.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace escrow::orders {
namespace {

// A run in which everything adds up.
RunResult Good() {
  RunResult result;
  result.platform = "platforms/test";
  result.by_state = {{v1::Agreement::STATE_ACTIVE, 1}, {v1::Agreement::STATE_SETTLED, 2}};
  CurrencySums& sums = result.sums["BRL"];
  sums.told = sums.deposited = 1'000;
  sums.released = 600;
  sums.refunded = 100;
  sums.held = 150;
  sums.fees = 100;
  sums.unallocated = 50;
  sums.ledger = {{v1::ACCOUNT_KIND_CUSTODY_BANK, 1'000}, {v1::ACCOUNT_KIND_PAYABLE, 600},
                 {v1::ACCOUNT_KIND_REFUNDABLE, 100},     {v1::ACCOUNT_KIND_CUSTODY, 150},
                 {v1::ACCOUNT_KIND_PLATFORM_FEES, 100},  {v1::ACCOUNT_KIND_UNALLOCATED, 50}};
  result.ledger_balanced = true;
  result.replay.set_done(true);
  result.replay.set_identical(true);
  return result;
}

std::string LastLineOf(const std::string& text) {
  const std::size_t end = text.find_last_not_of('\n');
  return text.substr(text.rfind('\n', end) + 1, end - text.rfind('\n', end));
}

TEST(Report, EndsWithTheLine) {
  const RunResult result = Good();
  EXPECT_TRUE(result.good());
  std::ostringstream out;
  PrintReport(Plan{.agreements = {}, .actions = {}, .findings = {}, .begin = {}, .end = {}, .order_rows = 3}, result,
              out);
  EXPECT_EQ(LastLineOf(out.str()), "settled 2 of 3 agreements; unaccounted 0; replay identical");
  EXPECT_EQ(out.str().find("Not as it should be"), std::string::npos);
}

TEST(Report, SaysWhenMoneyIsMissing) {
  RunResult result = Good();
  result.sums["BRL"].held -= 1;
  EXPECT_FALSE(result.good());
  EXPECT_EQ(LastLine(result), "settled 2 of 3 agreements; unaccounted 0.01 BRL; replay identical");
  EXPECT_EQ(result.sums["BRL"].Disagreements("BRL").size(), 1U);
}

TEST(Report, SaysWhenTheReplayDiffers) {
  RunResult result = Good();
  result.replay.set_identical(false);
  EXPECT_FALSE(result.good());
  EXPECT_EQ(LastLine(result), "settled 2 of 3 agreements; unaccounted 0; replay different");
}

TEST(Report, IsNotGoodWhenAnythingIsOff) {
  RunResult refused = Good();
  refused.refusals.push_back(
      {.order_id = "a", .method = "RecordDeposit", .reason = "OVERLOADED", .message = "", .policy = std::nullopt});
  EXPECT_FALSE(refused.good());
  refused.refusals.back().policy = Policy::kAfterDeadline;
  EXPECT_TRUE(refused.good());
  RunResult deviated = Good();
  deviated.deviations.push_back({.order_id = "a", .what = "ACTIVE, but planned was SETTLED"});
  EXPECT_FALSE(deviated.good());
  RunResult unbalanced = Good();
  unbalanced.ledger_balanced = false;
  EXPECT_FALSE(unbalanced.good());
  RunResult told_more = Good();
  told_more.sums["BRL"].told += 1;
  EXPECT_FALSE(told_more.good());
}

TEST(Report, ListsEveryFindingForPrograms) {
  Plan plan;
  plan.findings.push_back({.policy = Policy::kOverpaid, .order_id = "a", .detail = "by 0.01 BRL"});
  const std::string json = JsonReport(plan, Good());
  for (const char* part :
       {"\"order\": \"a\"", "\"detail\": \"by 0.01 BRL\"", "\"deposited\": \"1000\"", "\"good\": true"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part;
  }
}

}  // namespace
}  // namespace escrow::orders
