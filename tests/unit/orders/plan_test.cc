#include "escrowctl/orders/plan.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "escrowctl/read_file.h"
#include "tables.h"

namespace escrow::orders {
namespace {

using Names = std::vector<std::string>;

// An order as it should be: 100.00 and freight 10.00, paid in full.
Tables Paid(const std::string& status, const std::vector<std::string>& times) {
  return Tables().Order("a", status, times).Item("a", "s1", "100.00", "10.00").Pay("a", "110.00");
}

const Action* Find(const Plan& plan, ActionKind kind) {
  const auto found = std::ranges::find(plan.actions, kind, &Action::kind);
  return found == plan.actions.end() ? nullptr : &*found;
}

TEST(Plan, DeliversACleanOrder) {
  const Plan plan = Paid("delivered", {kMar1, kMar2, kMar3, kMar9, kMar20}).Review("a", "5", kMar12).MakePlan();
  ASSERT_EQ(plan.agreements.size(), 1U);
  const AgreementPlan& agreement = plan.agreements[0];
  EXPECT_EQ(agreement.expected, v1::Agreement::STATE_SETTLED);
  EXPECT_EQ(agreement.required(), 11'000);
  EXPECT_EQ(agreement.freight[0].minor_units, 1'000);
  EXPECT_EQ(agreement.price[0].minor_units, 10'000);
  EXPECT_EQ(agreement.deadline, base::AddSeconds(*ParseLocalTime(kMar20), 30 * 86'400));
  EXPECT_EQ(PoliciesOf(plan, "a"), Names{});
  std::vector<std::pair<ActionKind, base::Time>> told;
  for (const Action& action : plan.actions) {
    told.emplace_back(action.kind, action.time);
    EXPECT_FALSE(action.refused_by);
  }
  EXPECT_EQ(told, (std::vector<std::pair<ActionKind, base::Time>>{{ActionKind::kCreate, *ParseLocalTime(kMar1)},
                                                                  {ActionKind::kDeposit, *ParseLocalTime(kMar2)},
                                                                  {ActionKind::kShipment, *ParseLocalTime(kMar3)},
                                                                  {ActionKind::kDelivery, *ParseLocalTime(kMar9)},
                                                                  {ActionKind::kReceipt, *ParseLocalTime(kMar12)}}));
  EXPECT_EQ(plan.begin, *ParseLocalTime(kMar1));
  EXPECT_EQ(plan.end, *ParseLocalTime(kMar12));
}

// Each kind of row with its policies and how it must end.
struct Case {
  const char* what;
  Tables tables;
  Names policies;
  v1::Agreement::State expected;
};

std::vector<Case> MoneyCases() {
  const std::vector<std::string> delivered = {kMar1, kMar2, kMar3, kMar9, kMar20};
  const auto order = [&] { return Tables().Order("a", "delivered", delivered).Review("a", "5", kMar12); };
  return {
      {"overpaid", order().Item("a", "s1", "100", "10").Pay("a", "110.01"), {"overpaid"}, v1::Agreement::STATE_SETTLED},
      {"short by 5",
       order().Item("a", "s1", "100", "10").Pay("a", "109.95"),
       {"short-within-tolerance"},
       v1::Agreement::STATE_SETTLED},
      {"short by 6",
       order().Item("a", "s1", "100", "10").Pay("a", "109.94"),
       {"underpaid"},
       v1::Agreement::STATE_ACTIVE},
      {"not paid", order().Item("a", "s1", "100", "10"), {"no-payment"}, v1::Agreement::STATE_ACTIVE},
      {"a zero among payments",
       order().Item("a", "s1", "100", "10").Pay("a", "110").Pay("a", "0.00", "2"),
       {"zero-payment"},
       v1::Agreement::STATE_SETTLED},
      {"no freight",
       order().Item("a", "s1", "100", "0.0").Pay("a", "100"),
       {"no-freight"},
       v1::Agreement::STATE_SETTLED},
      {"one of two without freight",
       order().Item("a", "s1", "50", "0").Item("a", "s2", "50", "10").Pay("a", "110"),
       {"zero-share"},
       v1::Agreement::STATE_SETTLED},
      {"no items", order().Pay("a", "77.73"), {"no-items"}, v1::Agreement::STATE_SETTLED},
  };
}

std::vector<Case> TimeCases() {
  const auto five = [](const char* status, std::vector<std::string> times) {
    return Paid(status, times).Review("a", "4", kMar12);
  };
  return {
      {"no approval",
       five("delivered", {kMar1, "", kMar3, kMar9, kMar20}),
       {"missing-approval"},
       v1::Agreement::STATE_SETTLED},
      {"no hand-over",
       five("delivered", {kMar1, kMar2, "", kMar9, kMar20}),
       {"missing-carrier-time"},
       v1::Agreement::STATE_SETTLED},
      {"no delivery",
       five("delivered", {kMar1, kMar2, kMar3, "", kMar9}),
       {"missing-delivery-time"},
       v1::Agreement::STATE_SETTLED},
      {"neither",
       five("delivered", {kMar1, kMar2, "", "", kMar9}),
       {"missing-carrier-time", "missing-delivery-time"},
       v1::Agreement::STATE_SETTLED},
      {"no estimate",
       five("delivered", {kMar1, kMar2, kMar3, kMar9, ""}),
       {"no-usable-estimate"},
       v1::Agreement::STATE_SETTLED},
      {"shipped before paid",
       five("delivered", {kMar1, kMar3, kMar2, kMar9, kMar20}),
       {"confirmed-before-paid"},
       v1::Agreement::STATE_SETTLED},
      {"delivered before shipped",
       five("delivered", {kMar1, kMar2, kMar9, kMar3, kMar20}),
       {"delivered-before-shipped", "receipt-after-silence"},
       v1::Agreement::STATE_SETTLED},
      {"shipped before purchased",
       five("delivered", {kMar2, kMar2, kMar1, kMar9, kMar20}),
       {"confirmed-before-paid", "before-purchase"},
       v1::Agreement::STATE_SETTLED},
      {"times beyond the status",
       five("processing", {kMar1, kMar2, kMar3, kMar9, kMar20}),
       {"status-contradicts-times"},
       v1::Agreement::STATE_SETTLED},
      {"after the deadline",
       Paid("delivered", {kMar1, kMar2, kMar3, kApr20, kMar20}).Review("a", "3", kApr20),
       {"after-deadline"},
       v1::Agreement::STATE_EXPIRED},
      {"shipped, never delivered, deadline not reached",
       Paid("shipped", {kMar1, kMar2, kMar3, "", kMar20}),
       {},
       v1::Agreement::STATE_ACTIVE},
      {"shipped, never delivered",
       Paid("shipped", {kMar1, kMar2, kMar3, "", kMar20}).Review("a", "1", kApr20),
       {},
       v1::Agreement::STATE_EXPIRED},
      {"still open",
       Paid("invoiced", {kMar1, kMar2, "", "", kMar20}).Review("a", "1", kApr20),
       {"still-open"},
       v1::Agreement::STATE_ACTIVE},
  };
}

std::vector<Case> EndCases() {
  return {
      {"cancelled", Paid("canceled", {kMar1, kMar2, "", "", kMar20}), {}, v1::Agreement::STATE_CANCELLED},
      {"unavailable", Paid("unavailable", {kMar1, kMar2, "", "", kMar20}), {}, v1::Agreement::STATE_CANCELLED},
      {"cancelled after the hand-over",
       Paid("canceled", {kMar1, kMar2, kMar3, "", kMar20}),
       {"cancelled-after-shipment"},
       v1::Agreement::STATE_CANCELLED},
      {"cancelled after the delivery",
       Paid("canceled", {kMar1, kMar2, kMar3, kMar9, kMar20}),
       {"cancelled-after-delivery"},
       v1::Agreement::STATE_CANCELLED},
      {"received, then cancelled",
       Paid("canceled", {kMar1, kMar2, kMar3, kMar9, kMar20}).Review("a", "5", kMar3),
       {"cancelled-after-delivery", "cancelled-too-late", "receipt-before-delivery"},
       v1::Agreement::STATE_SETTLED},
      {"review after the cancellation",
       Paid("canceled", {kMar1, kMar2, "", "", kMar20}).Review("a", "5", kMar3),
       {"after-cancellation", "receipt-without-delivery"},
       v1::Agreement::STATE_CANCELLED},
      {"silence",
       Paid("delivered", {kMar1, kMar2, kMar3, kMar9, kMar20}).Review("a", "2", kMar17),
       {"silent-buyer"},
       v1::Agreement::STATE_SETTLED},
      {"silence not over",
       Paid("delivered", {kMar1, kMar2, kMar3, kMar9, kMar20}).Review("a", "2", kMar12),
       {"silent-buyer"},
       v1::Agreement::STATE_ACTIVE},
      {"no review",
       Paid("delivered", {kMar1, kMar2, kMar3, kMar9, kMar20}),
       {"silent-buyer"},
       v1::Agreement::STATE_ACTIVE},
      {"review after the silence",
       Paid("delivered", {kMar1, kMar2, kMar3, kMar9, kMar20}).Review("a", "5", kMar17),
       {"receipt-after-silence"},
       v1::Agreement::STATE_SETTLED},
      {"review before the delivery",
       Paid("delivered", {kMar1, kMar2, kMar3, kMar9, kMar20}).Review("a", "5", kMar3),
       {"receipt-before-delivery"},
       v1::Agreement::STATE_SETTLED},
      {"review without delivery",
       Paid("shipped", {kMar1, kMar2, kMar3, "", kMar20}).Review("a", "5", kMar12),
       {"receipt-without-delivery"},
       v1::Agreement::STATE_ACTIVE},
      {"the first of two reviews counts",
       Paid("delivered", {kMar1, kMar2, kMar3, kMar9, kMar20}).Review("a", "5", kMar17).Review("a", "1", kMar12),
       {"silent-buyer", "several-reviews"},
       v1::Agreement::STATE_SETTLED},
  };
}

TEST(Plan, AppliesAStatedPolicyToEveryDirtyRow) {
  for (const auto& cases : {MoneyCases(), TimeCases(), EndCases()}) {
    for (const Case& c : cases) {
      const Plan plan = c.tables.MakePlan();
      ASSERT_EQ(plan.agreements.size(), 1U) << c.what;
      Names policies = c.policies;
      EXPECT_EQ(PoliciesOf(plan, "a"), policies) << c.what;
      EXPECT_EQ(plan.agreements[0].expected, c.expected) << c.what;
    }
  }
}

TEST(Plan, ListsOrdersThatMakeNoAgreement) {
  Tables many = Tables().Order("a", "created", {kMar1, "", "", "", ""});
  for (int i = 0; i < 31; ++i) {
    many.Item("a", "s" + std::to_string(i), "1", "1");
  }
  const auto created = [] { return Tables().Order("a", "created", {kMar1, "", "", "", ""}); };
  for (const auto& [tables, policies] :
       {std::pair{created().Pay("a", "0.0"), Names{"nothing-to-hold", "zero-payment"}},
        std::pair{created().Item("a", "s1", "0.00", "5").Pay("a", "5"), Names{"nothing-to-hold"}},
        std::pair{many, Names{"too-many-sellers"}},
        std::pair{created().Item("a", "s1", "10000000000000.00", "0.01").Pay("a", "1"), Names{"unreadable-row"}}}) {
    const Plan plan = tables.MakePlan();
    EXPECT_TRUE(plan.agreements.empty());
    EXPECT_EQ(PoliciesOf(plan, "a"), policies);
  }
}

TEST(Plan, KeepsTheTimeOfWhatHappenedBeforeThePurchase) {
  const Plan plan = Paid("delivered", {kMar2, kMar2, kMar1, kMar9, kMar20}).MakePlan();
  const Action* shipment = Find(plan, ActionKind::kShipment);
  ASSERT_NE(shipment, nullptr);
  EXPECT_EQ(shipment->time, *ParseLocalTime(kMar2));
  EXPECT_EQ(shipment->occurred, *ParseLocalTime(kMar1));
}

TEST(Plan, OrdersActionsByTimeThenOrderThenKind) {
  const Plan plan = Tables()
                        .Order("b", "canceled", {kMar1, kMar1, "", "", ""})
                        .Pay("b", "5")
                        .Order("a", "canceled", {kMar1, kMar1, "", "", ""})
                        .Pay("a", "5")
                        .Pay("a", "6", "2")
                        .MakePlan();
  std::string told;
  for (const Action& action : plan.actions) {
    told += plan.agreements[action.agreement].order_id + std::to_string(static_cast<int>(action.kind)) + " ";
  }
  EXPECT_EQ(told, "b0 b1 b5 a0 a1 a1 a5 ");
}

TEST(Policies, HaveUniqueNames) {
  std::map<std::string_view, int> names;
  for (const PolicyRow& row : PolicyTable()) {
    EXPECT_EQ(++names[row.name], 1) << row.name;
    EXPECT_EQ(&RowOf(row.policy), &row);
  }
}

TEST(Policies, AreAllInTheDocumentation) {
  const auto text = ctl::ReadFile(ESCROW_SOURCE_DIR "/docs/ORDERS.md");
  ASSERT_TRUE(text.ok()) << text.status();
  for (const PolicyRow& row : PolicyTable()) {
    const std::string line =
        "| " + std::string(row.name) + " | " + std::string(row.when) + " | " + std::string(row.then);
    EXPECT_NE(text->find(line), std::string::npos) << line;
  }
}

// The real data, when they are there: every order is an agreement or listed.
TEST(RealOrders, ArePlannedWithoutALoss) {
  const char* shared = std::getenv("ESCROW_SHARED");
  const std::filesystem::path folder =
      std::filesystem::path(shared != nullptr ? shared : ESCROW_SOURCE_DIR "/../shared") / "data" / "olist";
  if (!std::filesystem::exists(folder)) {
    GTEST_SKIP() << "no data in " << folder << "; set ESCROW_SHARED";
  }
  const auto texts = LoadTexts(folder.string());
  ASSERT_TRUE(texts.ok()) << texts.status();
  const auto data = ReadDataset(*texts);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_TRUE(data->findings.empty());
  const Plan plan = MakePlan(*data);
  EXPECT_EQ(plan.order_rows, 4'043U);
  EXPECT_EQ(plan.agreements.size(), 4'041U);
  std::map<v1::Agreement::State, int> states;
  for (const AgreementPlan& agreement : plan.agreements) {
    ++states[agreement.expected];
  }
  EXPECT_EQ(states[v1::Agreement::STATE_SETTLED], 2'606);
  EXPECT_EQ(states[v1::Agreement::STATE_EXPIRED], 529 + 12);
  EXPECT_EQ(states[v1::Agreement::STATE_CANCELLED], 296 + 306 - 2);
  EXPECT_EQ(states[v1::Agreement::STATE_ACTIVE], 294);
}

}  // namespace
}  // namespace escrow::orders
