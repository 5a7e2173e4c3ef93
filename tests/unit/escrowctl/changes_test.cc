#include "escrowctl/audit/changes.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/ledger_service.pb.h"

namespace escrow::ctl {
namespace {

// "path: before -> after", a line each.
template <class Resource>
std::string Said(const std::string& before, const std::string& after) {
  Resource first;
  Resource second;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(before, &first)) << before;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(after, &second)) << after;
  std::string text;
  for (const Change& change : ChangesBetween(first, second)) {
    text += change.path + ": " + change.before + " -> " + change.after + "\n";
  }
  return text;
}

TEST(ChangesTest, ValuesAreAsPeopleReadThem) {
  EXPECT_EQ(Said<v1::Agreement>("currency_code: 'EUR' state: STATE_ACTIVE etag: 'x'",
                                "currency_code: 'EUR' state: STATE_SETTLED etag: 'y'"),
            "state: ACTIVE -> SETTLED\n");
  EXPECT_EQ(Said<v1::Agreement>("currency_code: 'EUR' totals { held: 12000 }",
                                "currency_code: 'EUR' totals { released: 11400 fees: 600 }"),
            "totals.held: 120.00 EUR -> \ntotals.released:  -> 114.00 EUR\ntotals.fees:  -> 6.00 EUR\n");
  EXPECT_EQ(Said<v1::Agreement>("update_time { seconds: 1772442000 }", "update_time { seconds: 1773410400 nanos: 1 }"),
            "update_time: 2026-03-02 09:00:00Z -> 2026-03-13 14:00:00Z\n");
}

TEST(ChangesTest, AnAmountIsOneValue) {
  const std::string held = "milestones { milestone_id: 'm' held { currency_code: 'JPY' minor_units: ";
  EXPECT_EQ(Said<v1::Agreement>(held + "500 } }", held + "0 } }"), "milestones[0].held: 500 JPY -> 0 JPY\n");
}

TEST(ChangesTest, BalancesAreMatchedByWhatTheyAreOf) {
  const std::string bank =
      "totals { platform: 'platforms/shop' currency_code: 'EUR' account: ACCOUNT_KIND_CUSTODY_BANK minor_units: ";
  const std::string custody =
      "totals { platform: 'platforms/shop' currency_code: 'EUR' account: ACCOUNT_KIND_CUSTODY minor_units: 100 }";
  EXPECT_EQ(Said<v1::TrialBalance>("sequence: 1 " + bank + "100 }" + custody, "sequence: 9 " + bank + "60 }"),
            "shop EUR CUSTODY_BANK: 1.00 EUR -> 0.60 EUR\nshop EUR CUSTODY: 1.00 EUR -> \n");
  EXPECT_EQ(Said<v1::TrialBalance>(custody + bank + "7 }", bank + "7 }" + custody), "") << "in another order";
  EXPECT_EQ(Said<v1::ListPartyBalancesResponse>("", "balances { currency_code: 'EUR' payable: 5 scheduled: 5 }"),
            "EUR payable:  -> 0.05 EUR\nEUR scheduled:  -> 0.05 EUR\n");
  EXPECT_EQ(Said<v1::ListPartyBalancesResponse>("balances { currency_code: 'EUR' payable: 5 }",
                                                "balances { currency_code: 'EUR' refundable: 2 }"),
            "EUR payable: 0.05 EUR -> \nEUR refundable:  -> 0.02 EUR\n");
}

TEST(ChangesTest, WhatIsOnOneSideOnlyIsToldWhole) {
  EXPECT_EQ(Said<v1::Agreement>("", "external_reference: 'order 7'"), "external_reference:  -> order 7\n");
  EXPECT_EQ(Said<v1::Agreement>("participants { role: ROLE_BUYER party: 'p' }", ""),
            "participants[0]: role: ROLE_BUYER party: \"p\"  -> \n");
}

}  // namespace
}  // namespace escrow::ctl
