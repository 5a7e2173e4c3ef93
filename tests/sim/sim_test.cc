// The simulator itself: it repeats, its disk does what it says, and old findings stay fixed.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "sim/merkle_root.h"
#include "sim/simulation.h"
#include "sim/verdict.h"
#include "support/seed.h"
#include "tlog/merkle.h"

namespace escrow::sim {
namespace {

RunResult RunOne(std::uint64_t seed, std::uint64_t commands) {
  BeginRun(seed,
           "escrow-sim --seeds 1 --first-seed " + std::to_string(seed) + " --commands " + std::to_string(commands));
  Marks marks;
  return Simulation(seed, commands, marks).Run();
}

TEST(SimulationTest, ASeedRepeatsItsRunExactly) {
  const std::uint64_t first = test::Seed();
  for (std::uint64_t seed = first; seed < first + 20; ++seed) {
    const RunResult one = RunOne(seed, 200);
    const RunResult other = RunOne(seed, 200);
    EXPECT_EQ(one.trace, other.trace) << "seed " << seed;
    EXPECT_EQ(one.events, other.events) << "seed " << seed;
    EXPECT_GE(one.commands, 200U);
  }
}

TEST(SimulationTest, AnotherSeedIsAnotherRun) { EXPECT_NE(RunOne(7, 100).trace, RunOne(8, 100).trace); }

TEST(SimulationTest, WhatWasFoundOnceStaysFixed) {
  std::ifstream file(REGRESSIONS);
  ASSERT_TRUE(file.is_open());
  int runs = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line.substr(0, line.find('#')));
    std::uint64_t seed = 0;
    std::uint64_t commands = 0;
    if (fields >> seed >> commands) {
      RunOne(seed, commands);
      ++runs;
    }
  }
  EXPECT_GT(runs, 0);
}

journal::Group GroupOf(std::uint64_t first, const std::string& bytes) {
  return {.first_sequence = first, .bytes = bytes, .ends = {static_cast<std::uint32_t>(bytes.size())}};
}

TEST(SimJournalTest, AFailedAppendHasEitherOutcome) {
  std::map<std::uint64_t, int> outcomes;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    Marks marks;
    SimJournal journal(random, marks);
    ASSERT_TRUE(journal.Append(GroupOf(1, "one")).ok());
    journal.SetFaults({.append_one_in = 1});
    EXPECT_TRUE(absl::IsUnavailable(journal.Append(GroupOf(2, "two"))));
    EXPECT_TRUE(journal.failed());
    EXPECT_EQ(journal.tail().sequence, 1U) << "nobody may read what may not be there";
    journal.Crash();
    EXPECT_FALSE(journal.failed());
    ++outcomes[journal.tail().sequence];
  }
  EXPECT_EQ(outcomes.size(), 2U);
  EXPECT_GT(outcomes[1], 0);
  EXPECT_GT(outcomes[2], 0);
}

TEST(SimJournalTest, AFullDiskTakesNoGroup) {
  Random random(1);
  Marks marks;
  SimJournal journal(random, marks);
  journal.SetFreeBytes(2);
  EXPECT_TRUE(absl::IsResourceExhausted(journal.Append(GroupOf(1, "one"))));
  EXPECT_EQ(marks.CountOf("fault disk full"), 1U);
}

// The naive root and the one of the product are two ways to the same number.
TEST(MerkleTest, BothRootsAreEqual) {
  Random random(1);
  Marks marks;
  SimJournal journal(random, marks);
  tlog::CompactRange tree;
  tlog::TreeHasher hasher;
  EXPECT_EQ(NaiveRoot(journal, 0), hasher.EmptyRoot());
  for (std::uint64_t size = 1; size <= 40; ++size) {
    const std::string bytes = "event " + std::to_string(size);
    ASSERT_TRUE(journal.Append(GroupOf(size, bytes)).ok());
    tree.Append(hasher.Leaf(bytes), hasher);
    EXPECT_EQ(NaiveRoot(journal, size), tree.Root(hasher)) << size;
  }
}

}  // namespace
}  // namespace escrow::sim
