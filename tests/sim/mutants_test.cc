// Whether the simulator has teeth: each defect that can be switched on (base/mutant.h) must be found, by the check that
// is there for it.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "base/mutant.h"
#include "sim/simulation.h"
#include "sim/verdict.h"

namespace escrow::sim {
namespace {

using base::Mutant;

constexpr std::uint64_t kCommands = 250;
constexpr std::uint64_t kSeedsMax = 400;

struct Row {
  Mutant mutant;
  const char* check;  // that must find it; "assertion": the program's own
};

// Several checks may find a defect, some of them sooner. This is the one that must.
constexpr Row kRows[] = {
    {Mutant::kPostingDropped, "assertion"},
    {Mutant::kTotalForgotten, "ledger"},
    {Mutant::kRoleUnchecked, "outcome"},
    {Mutant::kOtherPlatform, "outcome"},
    {Mutant::kDeadlineOneLate, "alarm"},
    {Mutant::kTimerNotStopped, "state"},
    {Mutant::kReplyBeforeSync, "acknowledged"},
    {Mutant::kReplyOvertakes, "reply"},
    {Mutant::kFailedAppendIgnored, "acknowledged"},
    {Mutant::kRootOfHalfAGroup, "recovery"},
    {Mutant::kRequestIdForgotten, "reply"},
    {Mutant::kRefusalNotBurnt, "outcome"},
    {Mutant::kShareOverflows, "assertion"},
    {Mutant::kFeeRoundedDown, "events"},
    {Mutant::kRefundBeyondHeld, "assertion"},
    {Mutant::kDepositTwice, "outcome"},
    {Mutant::kLateMoneyFunds, "events"},
    {Mutant::kSnapshotForgets, "state"},
    {Mutant::kChangeNotNoted, "state"},
    {Mutant::kBatchInPart, "refused"},
    {Mutant::kDryRunHappens, "reply"},
};

std::string NameOf(Mutant mutant) {
  switch (mutant) {
#define ESCROW_MUTANT_NAME(name, what) \
  case Mutant::k##name:                \
    return #name;
    ESCROW_MUTANT_LIST(ESCROW_MUTANT_NAME)
#undef ESCROW_MUTANT_NAME
    case Mutant::kNone:
      return "None";
  }
  return "";
}

// Runs one seed with the mutant in a process of its own; the check that has found something, or nothing.
std::string RunMutant(Mutant mutant, std::uint64_t seed) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t process = fork();
  if (process == 0) {
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    base::active_mutant = mutant;
    BeginRun(seed, "mutants_test");
    Marks marks;
    (void)Simulation(seed, kCommands, marks).Run();
    std::_Exit(0);
  }
  close(ends[1]);
  std::string told;
  char bytes[4'096];
  for (ssize_t count = 0; (count = read(ends[0], bytes, sizeof bytes)) > 0;) {
    told.append(bytes, static_cast<std::size_t>(count));
  }
  close(ends[0]);
  int status = 0;
  EXPECT_EQ(waitpid(process, &status, 0), process);
  if (status == 0) {
    return "";
  }
  const std::string before = "violation: ";
  const std::size_t begin = told.find(before);
  if (begin == std::string::npos) {
    return "an end without a word";
  }
  const std::size_t name = begin + before.size();
  return told.substr(name, told.find_first_of(": (", name) - name);
}

class MutantsTest : public testing::TestWithParam<Row> {};

TEST_P(MutantsTest, IsFoundByItsCheck) {
  const Row& row = GetParam();
  std::map<std::string, int> found;
  for (std::uint64_t seed = 1; seed <= kSeedsMax; ++seed) {
    const std::string check = RunMutant(row.mutant, seed);
    if (check.empty()) {
      continue;
    }
    ++found[check];
    if (check == row.check) {
      std::string others;
      for (const auto& [name, count] : found) {
        others += name == check ? "" : ", before by " + name + " " + std::to_string(count) + " times";
      }
      std::printf("mutant %s: found by %s at seed %lu%s\n", NameOf(row.mutant).c_str(), row.check, seed,
                  others.c_str());
      return;
    }
  }
  std::string others;
  for (const auto& [name, count] : found) {
    others += " " + name + " " + std::to_string(count);
  }
  FAIL() << NameOf(row.mutant) << " was not found by " << row.check << " in " << kSeedsMax << " seeds, but:" << others;
}

INSTANTIATE_TEST_SUITE_P(Mutants, MutantsTest, testing::ValuesIn(kRows),
                         [](const testing::TestParamInfo<Row>& row) { return NameOf(row.param.mutant); });

TEST(MutantsTest, EveryMutantHasARow) {
  std::size_t mutants = 0;
#define ESCROW_MUTANT_COUNT(name, what) ++mutants;
  ESCROW_MUTANT_LIST(ESCROW_MUTANT_COUNT)
#undef ESCROW_MUTANT_COUNT
  EXPECT_EQ(mutants, std::size(kRows));
}

// What finds the mutants finds nothing without one.
TEST(MutantsTest, NoneIsFoundWhereNoneIs) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    EXPECT_EQ(RunMutant(Mutant::kNone, seed), "") << "seed " << seed;
  }
}

}  // namespace
}  // namespace escrow::sim
