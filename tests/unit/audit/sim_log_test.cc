// No false alarm: what the real engine writes, whatever agreements, faults and clients the simulator draws, is right.

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "sim/marks.h"
#include "sim/simulation.h"
#include "sim/verdict.h"
#include "unit/audit/logs.h"

namespace escrow::audit {
namespace {

constexpr std::uint64_t kSeeds = 200;
constexpr std::uint64_t kCommands = 200;  // per seed

TEST(SimLogTest, LogsOfTheSimulatorAreRight) {
  const char* first_seed = std::getenv("ESCROW_SEED");
  const std::uint64_t first = first_seed == nullptr ? 1 : std::strtoull(first_seed, nullptr, 10);
  sim::Marks marks;
  std::uint64_t events = 0;
  for (std::uint64_t seed = first; seed < first + kSeeds; ++seed) {
    sim::BeginRun(seed, "escrow-sim --seeds 1 --first-seed " + std::to_string(seed));
    sim::Simulation simulation(seed, kCommands, marks);
    events += simulation.Run().events;
    test::Entries entries;
    for (std::uint64_t sequence = 1; sequence <= simulation.log().size(); ++sequence) {
      entries.push_back(simulation.log().bytes(sequence));
    }
    ASSERT_EQ(test::FirstComplaint(entries), "") << "seed " << seed;
  }
  EXPECT_GT(events, kSeeds * 50);
}

}  // namespace
}  // namespace escrow::audit
