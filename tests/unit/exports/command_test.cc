// The subcommands, as a person calls them.

#include <gtest/gtest.h>

#include <filesystem>

#include "support/log_export.h"
#include "support/temp_folder.h"
#include "unit/audit/logs.h"
#include "unit/exports/programs.h"

namespace escrow::audit::exports::test {
namespace {

using audit::test::LogOf;
using audit::test::ShopStory;

class CommandTest : public testing::Test {
 protected:
  CommandTest() {
    entries_ = LogOf(ShopStory(9'999));
    escrow::test::WriteLogExport(log_, entries_, escrow::test::LogKey());
  }

  // In the folder of the log. Arguments without quotes.
  [[nodiscard]] Ran Verify(const std::string& arguments) const {
    return RunShell("cd " + folder_.path() + " && " ESCROW_VERIFY " " + arguments);
  }
  [[nodiscard]] std::string Path(const std::string& name) const { return folder_.path() + '/' + name; }

  escrow::test::TempFolder folder_;
  std::string log_ = folder_.path() + "/log";
  audit::test::Entries entries_;
};

TEST_F(CommandTest, EveryFormatIsWritten) {
  for (const char* format : {"hledger", "beancount", "csv", "jsonl"}) {
    const std::string arguments = std::string("export log --format ") + format;
    const Ran printed = Verify(arguments);
    EXPECT_EQ(printed.status, 0) << printed.output;
    EXPECT_NE(printed.output, "");
    EXPECT_EQ(Verify(arguments + " --output " + format).output, "");
    EXPECT_EQ(RunShell("cat " + Path(format)).output, printed.output);
  }
  EXPECT_EQ(Verify("export log --format sqlite --output db").status, 0);
  EXPECT_TRUE(std::filesystem::exists(Path("db")));
}

TEST_F(CommandTest, DataDirectoriesAreReadUpToTheirCheckpoint) {
  escrow::test::WriteDataDirectory(Path("data"), entries_, 3, escrow::test::LogKey());
  const Ran ran = Verify("export data --format jsonl | wc -l");
  EXPECT_EQ(ran.output, std::to_string(entries_.size() - 3) + '\n');
}

TEST_F(CommandTest, PartsOfALog) {
  EXPECT_EQ(Verify("export log --format jsonl --through 7 | wc -l").output, "7\n");
  const std::string line = Verify("export log --format jsonl --through 7 | tail -n 1").output;
  const std::size_t begin = line.find("\"logTime\":\"") + 11;
  const std::string time = line.substr(begin, line.find('"', begin) - begin);
  const std::string at = Verify("export log --format jsonl --at " + time + " | tail -n 1").output;
  EXPECT_NE(at.find("\"logTime\":\"" + time), std::string::npos) << at;
  EXPECT_EQ(Verify("report trial-balance log --through 1").status, 0);
}

TEST_F(CommandTest, EveryReportIsWritten) {
  for (const char* report : {"trial-balance log", "statement log --party platforms/shop/parties/seller",
                             "statement log --agreement platforms/shop/agreements/first --from 5",
                             "reconciliation log --platform platforms/shop", "safeguarding log"}) {
    const Ran text = Verify(std::string("report ") + report);
    EXPECT_EQ(text.status, 0) << text.output;
    EXPECT_NE(text.output.find(" of log.example/escrow as of event "), std::string::npos) << text.output;
    const Ran json = Verify(std::string("report ") + report + " --json | python3 -m json.tool > /dev/null");
    EXPECT_EQ(json.output, "") << report;
  }
}

TEST_F(CommandTest, LooksBackAndTellsDifferences) {
  const Ran first = Verify("look-back log --agreement platforms/shop/agreements/first --through 14");
  EXPECT_EQ(first.status, 0);
  const char* heading = "State of platforms/shop/agreements/first of log.example/escrow as of event 14, ";
  EXPECT_TRUE(first.output.starts_with(heading)) << first.output;
  for (const char* subject :
       {"--agreement platforms/shop/agreements/first", "--party platforms/shop/parties/seller", "--ledger"}) {
    const std::string arguments = std::string(subject) + " --json | python3 -m json.tool > /dev/null";
    EXPECT_EQ(Verify("look-back log " + arguments).output, "");
    EXPECT_EQ(Verify("difference log --from 14 " + arguments).output, "");
    const Ran same = Verify(std::string("difference log --from 20 --to 20 ") + subject);
    EXPECT_TRUE(same.output.ends_with("\n\nNothing differs.\n")) << same.output;
  }
  // The last deposit, 7.00, comes after the end and goes back.
  const Ran late = Verify("difference log --agreement platforms/shop/agreements/third --from " +
                          std::to_string(entries_.size() - 2));
  EXPECT_NE(late.output.find("deposited   100.00  107.00   +7.00  EUR\n"), std::string::npos) << late.output;
  EXPECT_NE(late.output.find("deposit_recorded"), std::string::npos) << late.output;
  const Ran all = Verify("difference log --ledger --from 1 --to 2100-01-01T00:00:00Z");
  EXPECT_NE(all.output.find("assets:bank:shop:EUR                        -  -316.98"), std::string::npos) << all.output;
}

TEST_F(CommandTest, ABankStatementIsCompared) {
  WriteFile(Path("bank.csv"), "date,minor_units,currency,reference\n2026-11-20,-4000,EUR,p1\n2026-11-20,1,EUR,x\n");
  const Ran ran = Verify("report reconciliation log --bank bank.csv");
  EXPECT_EQ(ran.status, 1) << "a statement that differs is wrong";
  EXPECT_NE(ran.output.find("Bank statement: 1 matched, 5 only in the bank book, 1 only on the statement\n"),
            std::string::npos)
      << ran.output;
}

// Rewriting an amount and nothing else: what the books do not notice, the root does.
TEST_F(CommandTest, AForgedLogIsNotExported) {
  escrow::test::WriteLogExport(Path("forged"), LogOf(ShopStory(9'998)), escrow::test::LogKey());
  std::filesystem::copy_file(Path("log/checkpoint"), Path("forged/checkpoint"),
                             std::filesystem::copy_options::overwrite_existing);
  for (const char* format : {"hledger", "sqlite"}) {
    const Ran ran = Verify(std::string("export forged --output out --format ") + format);
    EXPECT_EQ(ran.status, 1);
    EXPECT_EQ(ran.output, "escrow-verify: the entries do not lead to the checkpoint's root; check the log first\n");
    EXPECT_FALSE(std::filesystem::exists(Path("out"))) << "half an export stays";
  }
}

TEST_F(CommandTest, BadArgumentsAreRefusedWithOneReason) {
  WriteFile(Path("there"), "");
  WriteFile(Path("bad.csv"), "date\n");
  struct Row {
    std::string arguments;
    const char* reason;
  };
  const Row kTable[] = {
      {"export log", "--format is required"},
      {"export log --format xml", "--format"},
      {"export log --format csv --output there", "there exists; it is not overwritten"},
      {"export log --format sqlite --output there", "there exists; it is not overwritten"},
      {"export log --format sqlite", "--format sqlite needs --output FILE"},
      {"export log --format csv --output no/such/folder", "cannot make no/such/folder: No such file or directory"},
      {"export log --format csv --output /dev/full", "/dev/full exists"},
      {"export log --format csv > /dev/full", "cannot write all of standard output"},
      {"export log --format csv --through 0", "--through"},
      {"export log --format csv --through 9999", "event 9999 lies behind the checkpoint"},
      {"export log --format csv --at yesterday", "--at: 'yesterday' is no time such as"},
      {"export log --format csv --at 1980-01-01T00:00:00Z", "there is no event at that moment"},
      {"export log --format csv --at 2026-01-01T00:00:00Z --through 1", "excludes"},
      {"export nowhere --format csv", "nowhere is no log"},
      {"report", "subcommand is required"},
      {"report statement log", "Exactly 1 option"},
      {"report statement log --party platforms/shop/agreements/first", "--party names an agreement"},
      {"report statement log --agreement platforms/shop/parties/seller", "--agreement names a party"},
      {"report statement log --party seller", "'seller' is neither"},
      {"report statement log --party platforms/shop/parties/nobody", "nothing was ever booked for"},
      {"report statement log --party platforms/shop/parties/seller --from 999", "--from 999 lies behind"},
      {"look-back log", "Exactly 1 option"},
      {"look-back log --ledger --party platforms/shop/parties/seller", "Exactly 1 option"},
      {"look-back log --party platforms/shop/agreements/first", "--party names an agreement"},
      {"look-back log --agreement platforms/shop/agreements/none", "there is no platforms/shop/agreements/none as of"},
      {"look-back log --ledger --through 9999", "event 9999 lies behind the checkpoint"},
      {"difference log --ledger", "--from is required"},
      {"difference log --ledger --from 0", "--from: '0' is neither the number of an event nor a time"},
      {"difference log --ledger --from 2 --to x", "--to: 'x' is neither the number of an event nor a time"},
      {"difference log --ledger --from 5 --to 4", "event 5, where it begins, lies behind event 4, where it ends"},
      {"report reconciliation log --platform shop", "--platform: 'shop' is not platforms/{platform}"},
      {"report reconciliation log --bank bad.csv", "bad.csv: the first line must be"},
      {"report reconciliation log --bank missing.csv", "missing.csv"},
  };
  for (const Row& row : kTable) {
    const Ran ran = Verify(row.arguments);
    EXPECT_EQ(ran.status, 2) << row.arguments;
    EXPECT_NE(ran.output.find(row.reason), std::string::npos) << row.arguments << ": " << ran.output;
  }
}

}  // namespace
}  // namespace escrow::audit::exports::test
