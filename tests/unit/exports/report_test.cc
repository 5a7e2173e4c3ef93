// Reports, on the shop's story and on events by hand. The numbers of the story are worked out beside
// BooksTest.TheTrialBalanceOfTheStory: 35,698 came in, a payout of 4,000 has left.

#include <gtest/gtest.h>

#include <algorithm>

#include "audit/exports/bank.h"
#include "audit/exports/reconciliation.h"
#include "audit/exports/safeguarding.h"
#include "audit/exports/statement.h"
#include "audit/exports/trial_balance.h"
#include "unit/audit/logs.h"
#include "unit/exports/events.h"

namespace escrow::audit::exports::test {
namespace {

using audit::test::LogOf;
using audit::test::OrdersLog;
using audit::test::Parse;
using audit::test::ShopStory;
using base::Wide;

using enum v1::AccountKind;

const AsOf kAsOf{.origin = "log.example/escrow", .event = 9, .time = "2026-11-20T10:00:00Z"};

std::vector<v1::Event> Story() { return Parse(LogOf(ShopStory(9'999))); }

template <typename Report>
void TakeAll(Report& report, const std::vector<v1::Event>& events) {
  for (const v1::Event& event : events) {
    const absl::Status taken = report.Take(event);
    ASSERT_TRUE(taken.ok()) << taken;
  }
}

// A deposit whose command says `said` and whose postings say `booked`.
v1::Event Deposit(std::uint64_t sequence, const char* agreement, std::int64_t said, std::int64_t booked,
                  const char* id = "d") {
  v1::Event event =
      HandEvent(sequence, agreement, "EUR", {{ACCOUNT_KIND_CUSTODY_BANK, -booked}, {ACCOUNT_KIND_UNALLOCATED, booked}});
  v1::RecordDepositRequest& request = *event.mutable_command()->mutable_record_deposit();
  request.set_deposit_id(id);
  request.mutable_amount()->set_currency_code("EUR");
  request.mutable_amount()->set_minor_units(said);
  return event;
}

TEST(TableTest, ColumnsAndControlCharacters) {
  Table table({"name", ">amount"});
  table.Add({"a\nb\x1b", "1"});
  table.Add({"long name", "-12.34"});
  EXPECT_EQ(table.Text(),
            "name       amount\n"
            "a?b?            1\n"
            "long name  -12.34\n");
}

TEST(TrialBalanceTest, OfTheStory) {
  Ledger ledger;
  TakeAll(ledger, Story());
  EXPECT_EQ(TrialBalanceText(kAsOf, ledger.books()),
            "Trial balance of log.example/escrow as of event 9, 2026-11-20T10:00:00Z\n"
            "\n"
            "platform        account         debit  credit  currency\n"
            "platforms/shop  bank           316.98          EUR\n"
            "platforms/shop  payable                 60.00  EUR\n"
            "platforms/shop  refundable             107.00  EUR\n"
            "platforms/shop  in_transit             147.18  EUR\n"
            "platforms/shop  platform_fees            2.50  EUR\n"
            "platforms/shop  operator_fees            0.30  EUR\n"
            "platforms/shop  total          316.98  316.98  EUR\n");
  EXPECT_EQ(TrialBalanceJson(kAsOf, ledger.books()).substr(0, 171),
            R"({"origin":"log.example/escrow","event":"9","time":"2026-11-20T10:00:00Z","rows":[)"
            R"({"platform":"platforms/shop","currency":"EUR","kind":"bank","debit":"31698","credit":"0"},)");
}

TEST(StatementTest, SubjectsAreResourceNames) {
  EXPECT_EQ(ParseSubject("platforms/shop/parties/seller")->party, "seller");
  EXPECT_EQ(ParseSubject("platforms/shop/agreements/a")->agreement, "a");
  for (const char* name : {"", "seller", "platforms/shop", "platforms/shop/payouts/p", "platforms/shop/parties/X"}) {
    EXPECT_EQ(ParseSubject(name).status().code(), absl::StatusCode::kInvalidArgument) << name;
  }
}

// The seller's: the first parcel's 9,999 - 250 - 30 = 9,719 come and leave, the second's 10,000 come, 4,000 leave.
TEST(StatementTest, OfASeller) {
  Statement statement(*ParseSubject("platforms/shop/parties/seller"), 1);
  TakeAll(statement, Story());
  ASSERT_EQ(statement.sections().size(), 1U);
  const Statement::Section& section = statement.sections()[0];
  std::vector<std::int64_t> moves;
  for (const Statement::Movement& movement : section.movements) {
    moves.push_back(movement.minor_units);
  }
  EXPECT_TRUE(section.opening == 0);
  std::ranges::sort(moves);  // the two parcels' payouts and releases may come in either order
  EXPECT_EQ(moves, (std::vector<std::int64_t>{-9'719, -4'000, 9'719, 10'000}));
  EXPECT_TRUE(section.closing == 6'000);
  EXPECT_TRUE(section.movements.back().balance == 6'000);
  EXPECT_EQ(section.movements.back().payout, "p1");
  EXPECT_EQ(section.movements.back().counter, "in_transit");
  EXPECT_EQ(section.movements.front().counter, "custody 0 of first");
}

// What lies before --from is the opening balance; whatever it is, the closing balance stays.
TEST(StatementTest, BeginsAnywhere) {
  const std::vector<v1::Event> events = Story();
  for (std::uint64_t from = 1; from <= events.size(); ++from) {
    Statement statement(*ParseSubject("platforms/shop/agreements/first"), from);
    TakeAll(statement, events);
    ASSERT_EQ(statement.sections().size(), 2U);  // unallocated, custody of the one milestone
    for (const Statement::Section& section : statement.sections()) {
      Wide balance = section.opening;
      for (const Statement::Movement& movement : section.movements) {
        EXPECT_GE(movement.event, from);
        balance += movement.minor_units;
        EXPECT_TRUE(balance == movement.balance);
      }
      EXPECT_TRUE(balance == section.closing && section.closing == 0);
    }
  }
}

TEST(StatementTest, AsTextAndJson) {
  Statement statement(*ParseSubject("platforms/shop/agreements/a"), 2);
  TakeAll(statement, {Deposit(1, "a", 1'000, 1'000, "x"), Deposit(2, "a", 250, 250, "y"), Deposit(3, "b", 7, 7)});
  EXPECT_EQ(statement.Text(kAsOf),
            "Statement for platforms/shop/agreements/a of log.example/escrow as of event 9, 2026-11-20T10:00:00Z\n"
            "\n"
            "liabilities:escrow:shop:a:unallocated:EUR\n"
            "date        event  fact              counter-account  reference  amount  balance\n"
            "                   opening                                                 10.00\n"
            "2026-11-21      2  deposit_recorded  bank             y            2.50    12.50\n"
            "                   closing                                                 12.50\n"
            "\n");
  EXPECT_EQ(statement.Json(kAsOf),
            R"({"origin":"log.example/escrow","event":"9","time":"2026-11-20T10:00:00Z",)"
            R"("subject":"platforms/shop/agreements/a","from":"2","accounts":[)"
            R"({"account":"liabilities:escrow:shop:a:unallocated:EUR","currency":"EUR","opening":"1000","movements":[)"
            R"({"event":"2","time":"2026-11-21T00:00:00Z","fact":"deposit_recorded","payout":"","reference":"y",)"
            R"("counter":"bank","minorUnits":"250","balance":"1250"}],"closing":"1250"}]})"
            "\n");
}

// Payees 9,719 + 10,000; fees 250 + 30; refunded 2,500 + 7,500; returned 4,999 + 700; paid out 4,000.
TEST(ReconciliationTest, OfTheStory) {
  Reconciliation reconciliation("");
  TakeAll(reconciliation, Story());
  reconciliation.Finish();
  EXPECT_TRUE(reconciliation.differences().empty()) << reconciliation.Text(kAsOf);
  EXPECT_EQ(reconciliation.Text(kAsOf),
            "Three-way reconciliation of log.example/escrow as of event 9, 2026-11-20T10:00:00Z\n"
            "\n"
            "platforms/shop                  EUR\n"
            "1 bank book                  316.98\n"
            "2 ledger                     316.98\n"
            "3 agreements                 316.98\n"
            "    held                       0.00\n"
            "    released to payees       197.19\n"
            "    fees                       2.80\n"
            "    refunded from custody    100.00\n"
            "    returned before custody   56.99\n"
            "    less paid out            -40.00\n"
            "\n"
            "no differences\n");
}

// At every position of real logs the three ways agree.
TEST(ReconciliationTest, RealLogsAgree) {
  const std::vector<v1::Event> story = Story();
  for (std::size_t count = 1; count <= story.size(); ++count) {
    Reconciliation reconciliation("platforms/shop");
    TakeAll(reconciliation, {story.begin(), story.begin() + static_cast<std::ptrdiff_t>(count)});
    reconciliation.Finish();
    ASSERT_TRUE(reconciliation.differences().empty()) << count << '\n' << reconciliation.Text(kAsOf);
  }
  Reconciliation orders("");
  TakeAll(orders, Parse(OrdersLog(2'000)));
  orders.Finish();
  EXPECT_FALSE(orders.rows().empty());
  EXPECT_TRUE(orders.differences().empty()) << orders.Text(kAsOf);
}

TEST(ReconciliationTest, DifferencesAreNamed) {
  v1::Event released = HandEvent(3, "a", "EUR", {{ACCOUNT_KIND_UNALLOCATED, -400}, {ACCOUNT_KIND_PAYABLE, 400, "s"}});
  released.mutable_milestone_released()->set_minor_units(390);
  Reconciliation reconciliation("");
  TakeAll(reconciliation, {Deposit(1, "a", 1'000, 1'000), Deposit(2, "b", 500, 501), released});
  reconciliation.Finish();
  const std::string text = reconciliation.Text(kAsOf);
  EXPECT_EQ(text.substr(text.find("DIFF")),
            "DIFFERENCE  platforms/shop/agreements/a EUR: held by the file, and by its accounts: 6.10 and 6.00\n"
            "DIFFERENCE  platforms/shop/agreements/a EUR: released, and shared among payees and fees: 3.90 and 4.00\n"
            "DIFFERENCE  platforms/shop/agreements/b EUR: held by the file, and by its accounts: 5.00 and 5.01\n"
            "DIFFERENCE  platforms/shop EUR: bank book, and agreements: 15.01 and 15.10\n");
  const std::string json = reconciliation.Json(kAsOf).Text();
  EXPECT_NE(json.find(R"({"platform":"platforms/shop","currency":"EUR","agreement":"b",)"
                      R"("what":"held by the file, and by its accounts","expected":"500","found":"501"})"),
            std::string::npos)
      << json;
}

// A payout that left, one that did not, and one that came back: the three ways and the clients at each step.
TEST(ReconciliationTest, PayoutsThatComeBack) {
  const auto payout = [](std::uint64_t sequence, std::initializer_list<HandPosting> postings) {
    return HandEvent(sequence, "", "EUR", postings);
  };
  v1::Event released =
      HandEvent(2, "a", "EUR", {{ACCOUNT_KIND_UNALLOCATED, -1'000}, {ACCOUNT_KIND_PAYABLE, 1'000, "s"}});
  released.mutable_milestone_released()->set_minor_units(1'000);
  v1::Event requested = payout(3, {{ACCOUNT_KIND_PAYABLE, -600, "s"}, {ACCOUNT_KIND_IN_TRANSIT, 600}});
  requested.mutable_payout_requested()->set_payout_id("p");
  requested.mutable_payout_requested()->set_party_id("s");
  requested.mutable_payout_requested()->set_minor_units(600);
  v1::Event settled = payout(4, {{ACCOUNT_KIND_IN_TRANSIT, -600}, {ACCOUNT_KIND_CUSTODY_BANK, 600}});
  settled.mutable_payout_settled();
  settled.mutable_command()->mutable_settle_payout()->set_name("platforms/shop/payouts/p");
  v1::Event returned = payout(5, {{ACCOUNT_KIND_CUSTODY_BANK, -600}, {ACCOUNT_KIND_PAYABLE, 600, "s"}});
  returned.mutable_payout_returned();
  returned.mutable_command()->mutable_return_payout()->set_name("platforms/shop/payouts/p");
  v1::Event failed = payout(4, {{ACCOUNT_KIND_IN_TRANSIT, -600}, {ACCOUNT_KIND_PAYABLE, 600, "s"}});
  failed.mutable_payout_failed();
  failed.mutable_command()->mutable_fail_payout()->set_name("platforms/shop/payouts/p");
  const std::vector<v1::Event> begin = {Deposit(1, "a", 1'000, 1'000), released, requested};
  struct Row {
    std::vector<v1::Event> more;
    Wide bank;
    Wide payable;
    Wide in_transit;
  };
  const Row kTable[] = {{{}, 1'000, 400, 600},
                        {{settled}, 400, 400, 0},
                        {{settled, returned}, 1'000, 1'000, 0},
                        {{failed}, 1'000, 1'000, 0}};
  for (const Row& row : kTable) {
    std::vector<v1::Event> events = begin;
    events.insert(events.end(), row.more.begin(), row.more.end());
    Reconciliation reconciliation("");
    TakeAll(reconciliation, events);
    reconciliation.Finish();
    EXPECT_TRUE(reconciliation.differences().empty()) << reconciliation.Text(kAsOf);
    EXPECT_TRUE(reconciliation.rows().begin()->second.bank == row.bank);
    Safeguarding safeguarding;
    TakeAll(safeguarding, events);
    safeguarding.Finish();
    EXPECT_TRUE(safeguarding.right()) << safeguarding.Text(kAsOf);
    const Safeguarding::Row& pool = safeguarding.rows().begin()->second;
    EXPECT_TRUE(pool.sums.payable == row.payable && pool.sums.in_transit == row.in_transit);
  }
}

TEST(ReconciliationTest, OfOnePlatformAlone) {
  v1::Event other = Deposit(2, "b", 500, 501);
  other.set_platform("platforms/other");
  Reconciliation reconciliation("platforms/shop");
  TakeAll(reconciliation, {Deposit(1, "a", 1'000, 1'000), other});
  reconciliation.Finish();
  EXPECT_TRUE(reconciliation.differences().empty());
  EXPECT_EQ(reconciliation.rows().size(), 1U);
}

TEST(BankTest, StatementsAreRead) {
  const auto lines = ParseBankStatement(
      "date,minor_units,currency,reference\r\n2026-11-20,1000,EUR,\"x,\"\"1\"\"\"\r\n2026-11-21,-5,JPY,p1");
  ASSERT_TRUE(lines.ok()) << lines.status();
  const std::vector<BankLine> expected = {{"2026-11-20", 1'000, "EUR", "x,\"1\"", 0},
                                          {"2026-11-21", -5, "JPY", "p1", 0}};
  EXPECT_EQ(*lines, expected);
  EXPECT_EQ(ParseBankStatement("date,minor_units,currency,reference\n")->size(), 0U);
  struct Bad {
    const char* record;
    const char* reason;
  };
  const Bad kTable[] = {
      {"2026-11-20,1,EUR", "record 2 has 3 fields, not 4"},
      {"2026-11-20,1,EUR,a,b", "record 2 has 5 fields, not 4"},
      {"2026-11-31,1,EUR,a", "record 2 has the date '2026-11-31', which is none such as 2026-11-20"},
      {"20.11.2026,1,EUR,a", "record 2 has the date '20.11.2026', which is none such as 2026-11-20"},
      {"2026-11-20,1.50,EUR,a", "record 2 has the amount '1.50', which is no integer of minor units"},
      {"2026-11-20,,EUR,a", "record 2 has the amount '', which is no integer of minor units"},
      {"2026-11-20,9223372036854775808,EUR,a",
       "record 2 has the amount '9223372036854775808', which is no integer of minor units"},
      {"2026-11-20,1,eur,a", "record 2 has the currency 'eur', which is none"},
      {"2026-11-20,1,EUR,\"a", "record 2 has a quotation mark out of place"},
      {"2026-11-20,1,EUR,a\"b\"", "record 2 has a quotation mark out of place"},
      {"2026-11-20,1,EUR,\"a\"b", "record 2 has a quotation mark out of place"},
      {"\n2026-11-20,1,EUR,a", "record 2 has 1 fields, not 4"},
  };
  for (const Bad& bad : kTable) {
    EXPECT_EQ(ParseBankStatement(std::string("date,minor_units,currency,reference\n") + bad.record).status(),
              absl::InvalidArgumentError(bad.reason));
  }
  for (const char* text : {"", "date;minor_units;currency;reference\n", "2026-11-20,1,EUR,a\n"}) {
    EXPECT_EQ(ParseBankStatement(text).status(),
              absl::InvalidArgumentError("the first line must be date,minor_units,currency,reference"));
  }
}

TEST(BankTest, LinesAreMatched) {
  const std::vector<BankLine> book = {{"2026-11-20", 5, "EUR", "a", 1},
                                      {"2026-11-20", 5, "EUR", "a", 2},
                                      {"2026-11-20", 5, "EUR", "b", 3},
                                      {"2026-11-20", -7, "EUR", "c", 4}};
  const std::vector<BankLine> statement = {{"2026-11-21", 5, "EUR", "a", 0},   // the first of the book
                                           {"2026-11-20", 5, "USD", "b", 0},   // another currency
                                           {"2026-11-20", 7, "EUR", "c", 0},   // the other way
                                           {"2026-11-20", 5, "EUR", "b", 0},   //
                                           {"2026-11-20", 5, "EUR", "b", 0}};  // once too often
  const BankMatch match = MatchBank(book, statement);
  EXPECT_EQ(match.matched, (std::vector<BankLine>{book[0], book[2]}));
  EXPECT_EQ(match.only_book, (std::vector<BankLine>{book[1], book[3]}));
  EXPECT_EQ(match.only_statement, (std::vector<BankLine>{statement[1], statement[2], statement[4]}));
  EXPECT_FALSE(match.agrees());
  EXPECT_TRUE(MatchBank(book, book).agrees());
}

TEST(BankTest, TheBookOfTheStory) {
  BankBook book("platforms/shop");
  for (const v1::Event& event : Story()) {
    book.Take(event);
  }
  Wide sum = 0;
  for (const BankLine& line : book.lines()) {
    sum += line.minor_units;
    EXPECT_NE(line.reference, "");
  }
  EXPECT_EQ(book.lines().size(), 6U);  // five deposits, a payout
  EXPECT_TRUE(sum == 31'698);
  EXPECT_EQ(book.lines()[4].reference, "p1");
  EXPECT_TRUE(book.lines()[4].minor_units == -4'000);
}

TEST(EntitlementTest, TheOldestGoesFirst) {
  Entitlement entitlement;
  EXPECT_EQ(entitlement.oldest(), std::nullopt);
  entitlement.Move(10, 1);
  entitlement.Move(20, 2);
  entitlement.Move(-9, 3);
  EXPECT_EQ(entitlement.oldest(), 1);
  entitlement.Move(-1, 4);
  EXPECT_EQ(entitlement.oldest(), 2);
  entitlement.Move(5, 5);
  entitlement.Move(-21, 6);
  EXPECT_EQ(entitlement.oldest(), 5);
  EXPECT_TRUE(entitlement.amount() == 4);
  entitlement.Move(-4, 7);
  EXPECT_EQ(entitlement.oldest(), std::nullopt);
}

// Buyer: refundable 10,700, in transit 4,999. Seller: payable 6,000, in transit 9,719. Fees 280 are over.
TEST(SafeguardingTest, OfTheStory) {
  Safeguarding safeguarding;
  TakeAll(safeguarding, Story());
  safeguarding.Finish();
  ASSERT_EQ(safeguarding.rows().size(), 1U);
  const Safeguarding::Row& row = safeguarding.rows().begin()->second;
  EXPECT_TRUE(row.requirement() == 31'418);
  EXPECT_TRUE(row.resource == 31'698);
  EXPECT_TRUE(row.difference() == 280 && row.fees == 280 && row.unexplained() == 0);
  EXPECT_TRUE(safeguarding.right());
  ASSERT_EQ(row.clients.size(), 2U);
  EXPECT_EQ(row.clients[0].party, "buyer");
  EXPECT_TRUE(row.clients[0].refundable == 10'700 && row.clients[0].in_transit == 4'999);
  EXPECT_EQ(row.clients[1].party, "seller");
  EXPECT_TRUE(row.clients[1].payable == 6'000 && row.clients[1].in_transit == 9'719);
}

// At every position of the story nothing is unexplained, and the clients' shares add up to the requirement.
TEST(SafeguardingTest, AlwaysExplained) {
  const std::vector<v1::Event> story = Story();
  for (std::size_t count = 1; count <= story.size(); ++count) {
    Safeguarding safeguarding;
    TakeAll(safeguarding, {story.begin(), story.begin() + static_cast<std::ptrdiff_t>(count)});
    safeguarding.Finish();
    ASSERT_TRUE(safeguarding.right()) << count << '\n' << safeguarding.Text(kAsOf);
    for (const auto& [pool, row] : safeguarding.rows()) {
      Wide sum = 0;
      for (const Safeguarding::Client& client : row.clients) {
        EXPECT_TRUE(client.party == "buyer" || client.party == "seller") << client.party;
        sum += client.total();
      }
      EXPECT_TRUE(sum == row.requirement());
    }
  }
}

// 1,000 on the first day, 300 of them released to s on the third; 7 to the operator. Nobody knows whose agreement it
// is.
TEST(SafeguardingTest, AsTextAndJson) {
  v1::Event released =
      HandEvent(3, "a", "EUR",
                {{ACCOUNT_KIND_UNALLOCATED, -307}, {ACCOUNT_KIND_PAYABLE, 300, "s"}, {ACCOUNT_KIND_OPERATOR_FEES, 7}});
  released.mutable_milestone_released()->set_minor_units(307);
  Safeguarding safeguarding;
  TakeAll(safeguarding, {Deposit(1, "a", 1'000, 1'000), released});
  safeguarding.Finish();
  EXPECT_EQ(safeguarding.Text(kAsOf),
            "Safeguarding of log.example/escrow as of event 9, 2026-11-20T10:00:00Z\n"
            "\n"
            "platforms/shop                EUR\n"
            "requirement                  9.93\n"
            "    unallocated              6.93\n"
            "    custody                  0.00\n"
            "    payable                  3.00\n"
            "    refundable               0.00\n"
            "    in transit to clients    0.00\n"
            "resource                    10.00\n"
            "difference                   0.07\n"
            "    fees not yet taken out   0.07\n"
            "    unexplained              0.00\n"
            "\n"
            "client       held  payable  refundable  in transit  total  oldest      days\n"
            "agreement a  6.93     0.00        0.00        0.00   6.93  2026-11-20     2\n"
            "s            0.00     3.00        0.00        0.00   3.00  2026-11-22     0\n"
            "\n"
            "the resource covers the requirement, and the rest is fees\n");
  EXPECT_NE(safeguarding.Json(kAsOf).find(
                R"({"party":"s","entitlement":{"unallocated":"0","custody":"0","payable":"300","refundable":"0",)"
                R"("inTransit":"0","total":"300"},"oldest":"2026-11-22","ageDays":"0"})"),
            std::string::npos);
}

// A payout that two events settle: its money has left once more than it was asked for.
TEST(SafeguardingTest, WhatIsNotExplainedIsWrong) {
  v1::Event requested = HandEvent(2, "a", "EUR", {{ACCOUNT_KIND_UNALLOCATED, -400}, {ACCOUNT_KIND_IN_TRANSIT, 400}});
  requested.mutable_payout_requested()->set_payout_id("p");
  requested.mutable_payout_requested()->set_party_id("s");
  requested.mutable_payout_requested()->set_minor_units(400);
  v1::Event settled = HandEvent(3, "a", "EUR", {{ACCOUNT_KIND_IN_TRANSIT, -200}, {ACCOUNT_KIND_CUSTODY_BANK, 200}});
  settled.mutable_payout_settled();
  settled.mutable_command()->mutable_settle_payout()->set_name("platforms/shop/payouts/p");
  v1::Event again = settled;
  again.set_sequence(4);
  Safeguarding safeguarding;
  TakeAll(safeguarding, {Deposit(1, "a", 1'000, 1'000), requested, settled, again});
  safeguarding.Finish();
  EXPECT_FALSE(safeguarding.right());
  EXPECT_NE(safeguarding.Text(kAsOf).find("WRONG: "), std::string::npos);
}

}  // namespace
}  // namespace escrow::audit::exports::test
