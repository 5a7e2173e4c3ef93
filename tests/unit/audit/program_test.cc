// The program: its exit codes and what it says, as documented in services/escrow-verify/README.md.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/log_export.h"
#include "support/temp_folder.h"
#include "unit/audit/logs.h"

namespace escrow::audit::test {
namespace {

struct Outcome {
  int exit = 0;
  std::string out;  // both streams
};

Outcome Call(const std::string& arguments) {
  Outcome outcome;
  std::FILE* pipe = popen((std::string(ESCROW_VERIFY) + ' ' + arguments + " 2>&1").c_str(), "r");
  std::array<char, 4096> bytes{};
  for (std::size_t count = 1; count > 0;) {
    count = std::fread(bytes.data(), 1, bytes.size(), pipe);
    outcome.out.append(bytes.data(), count);
  }
  outcome.exit = WEXITSTATUS(pclose(pipe));
  return outcome;
}

class ProgramTest : public testing::Test {
 protected:
  ProgramTest() {
    escrow::test::WriteLogExport(log_, LogOf(ShopStory(9'999)), escrow::test::LogKey());
    std::vector<v1::Event> events = Parse(LogOf(ShopStory(9'999)));
    events[12].mutable_postings(1)->set_minor_units(1);
    escrow::test::WriteLogExport(lie_, Serialise(events), escrow::test::LogKey());
  }

  const escrow::test::TempFolder folder_;
  const std::string log_ = folder_.path() + "/log";
  const std::string lie_ = folder_.path() + "/lie";
  const std::string key_ = " --vkey '" + escrow::test::LogKey().verifier().Format() + "'";
};

TEST_F(ProgramTest, ExitCodes) {
  std::ofstream(folder_.path() + "/text") << "hello\n";
  struct Row {
    std::string arguments;
    int exit;
    const char* says;
  };
  const std::string checkpoint = log_ + "/checkpoint";
  const Row kTable[] = {
      {"log " + log_ + key_, 0, "domain      right\n"},
      {"log " + log_, 0, "note        no key and no policy is given"},
      {"log " + log_ + key_ + " --json", 0, R"("levels":{"structure":"right","chain":"right","merkle":"right")"},
      {"log " + log_ + " --progress", 0, "events\n"},
      {"log " + lie_ + key_, 1, "WRONG       domain: event 13: postings[1].minor_units is 1 and must be 4999"},
      {"log " + lie_ + key_ + " --json", 1, R"("findings":[{"level":"domain","event":13,"reason":"postings[1])"},
      {"log " + lie_ + key_ + " --level signatures", 0, "domain      not checked\n"},
      {"log " + log_ + key_ + " --since " + lie_ + "/checkpoint", 1, "the log has two histories"},
      {"log " + log_ + key_ + " --against " + lie_, 1, "they part at event 1\n"},
      {"log " + log_ + " --level signatures", 3, "signatures  incomplete\n"},
      {"log " + folder_.path() + "/nothing", 2, "is no log"},
      {"log " + log_ + " --level all", 2, "--level"},
      {"log " + log_ + " --vkey hello", 2, "--vkey: "},
      {"log " + log_ + " --policy " + folder_.path() + "/text", 2, "/text: "},
      {"log " + log_ + " --since " + folder_.path() + "/nothing", 2, "does not exist"},
      {"", 2, "subcommand"},
      {"checkpoint " + checkpoint + key_, 0, "signatures  right\n"},
      {"checkpoint " + checkpoint, 3, "no signature was checked"},
      {"checkpoint " + folder_.path() + "/text" + key_, 2, "escrow-verify: "},
      {"receipt " + folder_.path() + "/text" + key_, 2, "escrow-verify: "},
      {"receipt " + folder_.path() + "/text --page " + folder_.path() + "/page", 2, "--page needs --vkey or --policy"},
      {"receipt " + folder_.path() + "/text --page x --entry y" + key_, 2, "excludes"},
      {"--help", 0, "Exit codes: 0 right; 1 wrong;"},
  };
  for (const Row& row : kTable) {
    const Outcome outcome = Call(row.arguments);
    EXPECT_EQ(outcome.exit, row.exit) << row.arguments << '\n' << outcome.out;
    EXPECT_NE(outcome.out.find(row.says), std::string::npos) << row.arguments << '\n' << outcome.out;
  }
}

}  // namespace
}  // namespace escrow::audit::test
