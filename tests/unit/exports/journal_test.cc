// Journals, judged by the programs they are for.

#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "audit/exports/export.h"
#include "audit/exports/words.h"
#include "support/temp_folder.h"
#include "unit/audit/logs.h"
#include "unit/exports/events.h"
#include "unit/exports/programs.h"

namespace escrow::audit::exports::test {
namespace {

using audit::test::LogOf;
using audit::test::OrdersLog;
using audit::test::Parse;
using audit::test::ShopStory;

using NewExport = std::unique_ptr<Export> (*)(const Extent&, std::ostream&);
using Events = std::vector<v1::Event>;

constexpr char kHledgerChecks[] = "accounts assertions balancednoautoconversion commodities ordereddates";
constexpr char kNastyReference[] = R"(INV,7;date:2001-01-01 "x" \ [2001-01-01])";

std::string JournalOf(NewExport make, const Events& events) {
  const Extent extent{
      .checkpoint = {.origin = "log.example/escrow", .size = events.size(), .root = {}, .extensions = {}},
      .through = events.size()};
  std::ostringstream out;
  const auto made = make(extent, out);
  for (const v1::Event& event : events) {
    const absl::Status taken = made->Take(event);
    EXPECT_TRUE(taken.ok()) << taken;
  }
  EXPECT_TRUE(made->Finish().ok());
  return out.str();
}

// Currencies of 0, 2, 3 and 4 decimals, a reference made to break tags and strings, an account that ends at zero.
Events HandMade() {
  using enum v1::AccountKind;
  Events events = {
      HandEvent(1, "a-1", "EUR", {{ACCOUNT_KIND_CUSTODY_BANK, -1005}, {ACCOUNT_KIND_UNALLOCATED, 1005}}),
      HandEvent(2, "a-1", "EUR", {{ACCOUNT_KIND_UNALLOCATED, -1005}, {ACCOUNT_KIND_CUSTODY, 1005, "", 3}}),
      HandEvent(3, "0b", "JPY", {{ACCOUNT_KIND_CUSTODY_BANK, -123'456}, {ACCOUNT_KIND_UNALLOCATED, 123'456}}),
      HandEvent(4, "c", "KWD", {{ACCOUNT_KIND_CUSTODY_BANK, -7}, {ACCOUNT_KIND_PAYABLE, 7, "seller-1"}}),
      HandEvent(5, "d", "CLF", {{ACCOUNT_KIND_CUSTODY_BANK, -70'001}, {ACCOUNT_KIND_OPERATOR_FEES, 70'001}}),
  };
  events[0].mutable_command()->mutable_record_deposit()->set_deposit_id(kNastyReference);
  return events;
}

TEST(HledgerTest, AJournalByHand) {
  const std::string journal = JournalOf(NewHledgerExport, HandMade());
  EXPECT_NE(
      journal.find(R"(
commodity 1000.00 EUR

account assets:bank:shop:EUR  ; type: A

account liabilities:escrow:shop:a-1:unallocated:EUR  ; type: L

2026-11-20 * (evt-1) deposit_recorded
    ; event:1, fact:deposit_recorded, platform:platforms/shop, agreement:a-1, )"
                   R"(reference:INV%2C7%3Bdate%3A2001-01-01 %22x%22 %5C %5B2001-01-01%5D, time:2026-11-20T00:00:00Z
    assets:bank:shop:EUR  10.05 EUR
    liabilities:escrow:shop:a-1:unallocated:EUR  -10.05 EUR
)"),
      std::string::npos)
      << journal;
  EXPECT_NE(journal.find("commodity 1000. JPY\n"), std::string::npos);
  EXPECT_NE(journal.find("    assets:bank:shop:JPY  123456 JPY\n"), std::string::npos);
  EXPECT_NE(journal.find("    liabilities:payable:shop:seller-1:KWD  -0.007 KWD\n"), std::string::npos);
  EXPECT_NE(journal.find("    liabilities:escrow:shop:a-1:custody:3:EUR  0 EUR = -10.05 EUR\n"), std::string::npos);
  EXPECT_NE(journal.find("    liabilities:escrow:shop:a-1:unallocated:EUR  0 EUR = 0.00 EUR\n"), std::string::npos);
}

TEST(BeancountTest, AJournalByHand) {
  const std::string journal = JournalOf(NewBeancountExport, HandMade());
  EXPECT_NE(journal.find(R"(
2026-11-20 open Assets:Bank:Shop:EUR EUR "STRICT"

2026-11-20 open Liabilities:Escrow:Shop:A-1:Unallocated:EUR EUR "STRICT"

2026-11-20 * "deposit_recorded" ^shop/a-1 #deposit_recorded
  event: "1"
  platform: "platforms/shop"
  agreement: "a-1"
  reference: "INV,7;date:2001-01-01 \"x\" \\ [2001-01-01]"
  time: "2026-11-20T00:00:00Z"
  Assets:Bank:Shop:EUR  10.05 EUR
  Liabilities:Escrow:Shop:A-1:Unallocated:EUR  -10.05 EUR
)"),
            std::string::npos)
      << journal;
  EXPECT_NE(journal.find("2026-11-25 balance Liabilities:Escrow:Shop:0b:Unallocated:JPY  -123456 ~ 0 JPY\n"),
            std::string::npos);
}

// A name in an event that is no id could write lines of its own into a journal.
TEST(JournalTest, NamesThatAreNoIdsAreRefused) {
  using enum v1::AccountKind;
  std::ostringstream out;
  const auto made = NewHledgerExport({}, out);
  EXPECT_EQ(made->Take(HandEvent(1, "a\n", "EUR", {{ACCOUNT_KIND_CUSTODY_BANK, -1}, {ACCOUNT_KIND_UNALLOCATED, 1}})),
            absl::DataLossError("event 1: agreement_id 'a\n' is no id"));
  EXPECT_EQ(made->Take(HandEvent(2, "a", "EUR", {{ACCOUNT_KIND_CUSTODY_BANK, -1}, {ACCOUNT_KIND_PAYABLE, 1, "B"}})),
            absl::DataLossError("event 2: party_id 'B' is no id"));
  EXPECT_EQ(made->Take(HandEvent(3, "a", "EUR", {{ACCOUNT_KIND_CUSTODY_BANK, -1}})),
            absl::DataLossError("event 3: the postings do not add up to zero"));
}

// By account, what hledger says of it.
std::map<std::string, std::string> HledgerBalances(const std::string& file) {
  const Ran ran = RunShell("hledger -f " + file + " balance --flat --no-total -O csv");
  EXPECT_EQ(ran.status, 0) << ran.output;
  std::map<std::string, std::string> balances;
  std::istringstream lines(ran.output);
  std::string line;
  std::getline(lines, line);  // "account","balance"
  while (std::getline(lines, line)) {
    const std::size_t middle = line.find("\",\"");
    balances[line.substr(1, middle - 1)] = line.substr(middle + 3, line.size() - middle - 4);
  }
  return balances;
}

std::map<std::string, std::string> BooksBalances(const Events& events) {
  Books books;
  for (const v1::Event& event : events) {
    EXPECT_EQ(books.Post(event), std::nullopt);
  }
  std::map<std::string, std::string> balances;
  for (const auto& [account, balance] : books.Accounts()) {
    balances[JournalName(account)] = AmountText(-balance, account.currency) + ' ' + account.currency;
  }
  return balances;
}

// The last digit of the last amount of the file, changed.
std::string WithOtherLastAmount(std::string journal) {
  const std::size_t digit = journal.find_last_of("0123456789", journal.rfind(" ~ 0 "));
  journal[digit] = journal[digit] == '1' ? '2' : '1';
  return journal;
}

TEST(HledgerTest, ChecksJournalsAndAgreesOnBalances) {
  if (!IsInstalled("hledger")) {
    GTEST_SKIP() << "hledger is not installed";
  }
  const escrow::test::TempFolder folder;
  const std::string file = folder.path() + "/log.journal";
  const std::string check = "hledger -f " + file + " check -s " + kHledgerChecks;
  for (const Events& events : {HandMade(), Parse(LogOf(ShopStory(9'999))), Parse(OrdersLog(2'000))}) {
    const std::string journal = JournalOf(NewHledgerExport, events);
    WriteFile(file, journal);
    const Ran ran = RunShell(check);
    ASSERT_EQ(ran.status, 0) << ran.output;
    EXPECT_EQ(HledgerBalances(file), BooksBalances(events));
    WriteFile(file, WithOtherLastAmount(journal));
    EXPECT_NE(RunShell(check).status, 0) << "an assertion that is wrong by little passes";
  }
  WriteFile(file, JournalOf(NewHledgerExport, HandMade()));
  const Ran tagged = RunShell("hledger -f " + file + " print tag:event=^1$");
  EXPECT_NE(tagged.output.find("10.05 EUR"), std::string::npos) << tagged.output;
  EXPECT_NE(RunShell("hledger -f " + file + " tags --values reference").output.find("INV%2C7%3Bdate%3A2001-01-01"),
            std::string::npos);
}

TEST(BeancountTest, ChecksJournals) {
  if (!IsInstalled("bean-check")) {
    GTEST_SKIP() << "beancount is not installed";
  }
  const escrow::test::TempFolder folder;
  const std::string file = folder.path() + "/log.beancount";
  for (const Events& events : {HandMade(), Parse(LogOf(ShopStory(9'999))), Parse(OrdersLog(2'000))}) {
    const std::string journal = JournalOf(NewBeancountExport, events);
    WriteFile(file, journal);
    const Ran ran = RunShell("bean-check --no-cache " + file);
    ASSERT_EQ(ran.status, 0) << ran.output.substr(0, 2000);
  }
  WriteFile(file, WithOtherLastAmount(JournalOf(NewBeancountExport, HandMade())));
  EXPECT_NE(RunShell("bean-check --no-cache " + file).status, 0) << "an assertion that is wrong by little passes";
}

}  // namespace
}  // namespace escrow::audit::exports::test
