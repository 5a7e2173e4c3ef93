// Tables and lines, and the part of a log that they are made of.

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "audit/exports/export.h"
#include "audit/exports/sqlite.h"
#include "audit/exports/walk.h"
#include "audit/exports/words.h"
#include "support/log_export.h"
#include "support/temp_folder.h"
#include "unit/audit/logs.h"
#include "unit/exports/events.h"
#include "unit/exports/programs.h"

namespace escrow::audit::exports::test {
namespace {

using audit::test::Entries;
using audit::test::LogOf;
using audit::test::OrdersLog;
using audit::test::Parse;
using audit::test::ShopStory;

std::unique_ptr<EntrySource> WriteLog(const std::string& path, const Entries& entries) {
  escrow::test::WriteLogExport(path, entries, escrow::test::LogKey());
  return OpenSource(path).value();
}

TEST(WordsTest, AmountsKeepTheirDigits) {
  struct Row {
    base::Wide minor_units;
    const char* currency;
    const char* text;
  };
  const Row kTable[] = {{0, "EUR", "0.00"},
                        {5, "EUR", "0.05"},
                        {-5, "EUR", "-0.05"},
                        {-1234, "EUR", "-12.34"},
                        {7, "JPY", "7"},
                        {-7, "JPY", "-7"},
                        {0, "JPY", "0"},
                        {12, "KWD", "0.012"},
                        {10'001, "CLF", "1.0001"},
                        {INT64_MIN, "EUR", "-92233720368547758.08"},
                        {base::Wide{INT64_MAX} * 100, "EUR", "9223372036854775807.00"}};
  for (const Row& row : kTable) {
    EXPECT_EQ(AmountText(row.minor_units, row.currency), row.text);
  }
}

TEST(WalkTest, TimesAreRfc3339) {
  EXPECT_EQ(ParseTime("1970-01-01T00:00:01Z").value(), 1'000'000'000);
  EXPECT_EQ(ParseTime("1970-01-01T01:00:00.5+01:00").value(), 500'000'000);
  for (const char* text : {"", "1970-01-01", "infinite-future", "1969-12-31T23:59:59Z", "2262-04-12T00:00:00Z",
                           "2026-11-31T00:00:00Z", "2026-11-20T10:00:00"}) {
    EXPECT_EQ(ParseTime(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

// Moments all over a log of several bundles: the position found is that of a search from the beginning.
TEST(WalkTest, MomentsAreFound) {
  const escrow::test::TempFolder folder;
  const Entries entries = OrdersLog(100);
  const std::vector<v1::Event> events = Parse(entries);
  ASSERT_GT(events.size(), 2 * tlog::kTileWidth);
  const auto source = WriteLog(folder.path(), entries);
  EXPECT_EQ(FindExtent(*source, {})->through, events.size());
  EXPECT_EQ(FindExtent(*source, {.through = 7, .at = {}})->through, 7U);
  constexpr std::size_t kStep = 37;
  for (std::size_t i = 0; i < events.size(); i += kStep) {
    const Nanos time = NanosOf(events[i].log_time());
    std::uint64_t last = i + 1;  // events of one command have one time
    while (last < events.size() && NanosOf(events[last].log_time()) == time) {
      ++last;
    }
    ASSERT_EQ(FindExtent(*source, {.through = {}, .at = time})->through, last);
  }
  EXPECT_EQ(FindExtent(*source, {.through = {}, .at = NanosOf(events[0].log_time()) - 1}).status(),
            absl::OutOfRangeError("there is no event at that moment"));
  EXPECT_EQ(FindExtent(*source, {.through = 0, .at = {}}).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(FindExtent(*source, {.through = events.size() + 1, .at = {}}).status().code(),
            absl::StatusCode::kOutOfRange);
}

TEST(WalkTest, WhatIsNotTheLogIsRefused) {
  const escrow::test::TempFolder folder;
  const auto walk = [&folder](const Entries& entries, const std::string& checkpoint, std::uint64_t through) {
    const std::string path = folder.path() + "/log";
    std::filesystem::remove_all(path);
    const auto source = WriteLog(path, entries);
    if (!checkpoint.empty()) {
      WriteFile(path + "/checkpoint", checkpoint);
    }
    std::uint64_t taken = 0;
    const Extent extent = FindExtent(*source, {.through = through, .at = {}}).value();
    const absl::Status walked = Walk(*source, extent, [&taken](const v1::Event&) {
      ++taken;
      return absl::OkStatus();
    });
    return std::to_string(taken) + ' ' + std::string(walked.message());
  };
  const Entries right = LogOf(ShopStory(9'999));
  const std::string size = std::to_string(right.size());
  const std::string checkpoint = escrow::test::CheckpointOf(right, escrow::test::LogKey());
  EXPECT_EQ(walk(right, "", right.size()), size + ' ');
  EXPECT_EQ(walk(right, "", 3), "3 ");
  EXPECT_EQ(walk(LogOf(ShopStory(9'998)), checkpoint, right.size()),
            size + " the entries do not lead to the checkpoint's root; check the log first");
  Entries swapped = right;
  std::swap(swapped[3], swapped[4]);
  EXPECT_EQ(walk(swapped, "", right.size()).substr(0, 11), "3 event 4: ");
  Entries broken = right;
  broken[1].pop_back();
  EXPECT_EQ(walk(broken, "", right.size()).substr(0, 11), "1 event 2: ");
}

TEST(CsvTest, FieldsAreQuotedWhenTheyMustBe) {
  using enum v1::AccountKind;
  v1::Event event = HandEvent(1, "a", "JPY", {{ACCOUNT_KIND_CUSTODY_BANK, -5}, {ACCOUNT_KIND_CUSTODY, 5, "", 2}});
  event.mutable_command()->mutable_record_deposit()->set_deposit_id("x,\"y\"");
  std::ostringstream out;
  const auto made = NewCsvExport(out);
  ASSERT_TRUE(made->Take(event).ok());
  ASSERT_TRUE(made->Finish().ok());
  EXPECT_EQ(out.str(),
            "event,line,log_time,effective_time,fact,platform,agreement,payout,reference,kind,milestone,party,account,"
            "currency,minor_units\r\n"
            "1,0,2026-11-20T00:00:00Z,,deposit_recorded,platforms/shop,a,,\"x,\"\"y\"\"\",bank,,,assets:bank:shop:JPY,"
            "JPY,-5\r\n"
            "1,1,2026-11-20T00:00:00Z,,deposit_recorded,platforms/shop,a,,\"x,\"\"y\"\"\",custody,2,,"
            "liabilities:escrow:shop:a:custody:2:JPY,JPY,5\r\n");
}

TEST(JsonLinesTest, ALineForEachEvent) {
  using enum v1::AccountKind;
  std::ostringstream out;
  const auto made = NewJsonLinesExport(out);
  ASSERT_TRUE(
      made->Take(HandEvent(1, "a", "EUR", {{ACCOUNT_KIND_CUSTODY_BANK, -5}, {ACCOUNT_KIND_UNALLOCATED, 5}})).ok());
  ASSERT_TRUE(made->Finish().ok());
  EXPECT_EQ(out.str(),
            R"({"sequence":"1","logTime":"2026-11-20T00:00:00Z","platform":"platforms/shop","agreementId":"a",)"
            R"("currencyCode":"EUR","postings":[{"account":"ACCOUNT_KIND_CUSTODY_BANK","minorUnits":"-5"},)"
            R"({"account":"ACCOUNT_KIND_UNALLOCATED","minorUnits":"5"}],"depositRecorded":{}})"
            "\n");
}

TEST(SqliteTest, TheDatabaseOfTheStory) {
  const escrow::test::TempFolder folder;
  const std::string file = folder.path() + "/log.sqlite";
  const Entries entries = LogOf(ShopStory(9'999));
  const auto source = WriteLog(folder.path() + "/log", entries);
  const Extent extent = FindExtent(*source, {}).value();
  {
    auto made = NewSqliteExport(extent, file).value();
    ASSERT_TRUE(Walk(*source, extent, [&made](const v1::Event& event) { return made->Take(event); }).ok());
    ASSERT_TRUE(made->Finish().ok());
  }
  EXPECT_EQ(NewSqliteExport(extent, file).status(), absl::AlreadyExistsError(file + " exists; it is not overwritten"));
  ASSERT_TRUE(std::filesystem::exists(file)) << "the refusal has removed it";
  if (!IsInstalled("sqlite3")) {
    GTEST_SKIP() << "sqlite3 is not installed";
  }
  const auto query = [&file](const std::string& sql) { return RunShell("sqlite3 " + file + " '" + sql + "'").output; };
  EXPECT_EQ(query("PRAGMA integrity_check; PRAGMA foreign_key_check; SELECT * FROM unbalanced"), "ok\n");
  EXPECT_EQ(query("SELECT count(*), max(event) FROM event"),
            std::to_string(entries.size()) + '|' + std::to_string(entries.size()) + '\n');
  // The numbers are those of BooksTest.TheTrialBalanceOfTheStory.
  EXPECT_EQ(query("SELECT kind, debit, credit FROM trial_balance WHERE debit <> credit ORDER BY kind"),
            "bank|31698|0\nin_transit|0|14718\noperator_fees|0|30\npayable|0|6000\nplatform_fees|0|250\n"
            "refundable|0|10700\n");
  EXPECT_EQ(query("SELECT balance FROM movement WHERE name = \"assets:bank:shop:EUR\" ORDER BY event DESC LIMIT 1"),
            "-31698\n");
  EXPECT_NE(query("INSERT INTO posting VALUES (1, 9, 0, \"x\")").find("cannot store TEXT value in INTEGER column"),
            std::string::npos);
}

TEST(SqliteTest, WhatIsNotFinishedIsRemoved) {
  const escrow::test::TempFolder folder;
  const std::string file = folder.path() + "/log.sqlite";
  const Extent extent{.checkpoint = {.origin = "log.example", .size = 0, .root = {}, .extensions = {}}, .through = 0};
  {
    const auto made = NewSqliteExport(extent, file).value();
  }
  EXPECT_FALSE(std::filesystem::exists(file));
}

}  // namespace
}  // namespace escrow::audit::exports::test
