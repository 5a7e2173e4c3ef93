// No false alarm: what the real engine writes, whatever agreements, faults and clients the simulator draws, is right.

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "audit/chain.h"
#include "audit/domain.h"
#include "audit/event_form.h"
#include "sim/marks.h"
#include "sim/simulation.h"
#include "sim/verdict.h"

namespace escrow::audit {
namespace {

constexpr std::uint64_t kSeeds = 200;
constexpr std::uint64_t kCommands = 200;  // per seed

// What is wrong with a log, with its position.
std::string FirstComplaint(const sim::LogView& log) {
  Chain chain;
  Domain domain(RuleTables::Published());
  v1::Event event;
  for (std::uint64_t sequence = 1; sequence <= log.size(); ++sequence) {
    Complaint wrong = ReadEvent(log.bytes(sequence), event);
    if (!wrong) {
      wrong = chain.Take(event);
    }
    if (!wrong) {
      wrong = domain.Take(event);
    }
    if (wrong) {
      return "event " + std::to_string(sequence) + ": " + *wrong + "\n" + event.ShortDebugString();
    }
  }
  const Complaint wrong = domain.Finish();
  return wrong ? "the end: " + *wrong : "";
}

TEST(SimLogTest, LogsOfTheSimulatorAreRight) {
  const char* first_seed = std::getenv("ESCROW_SEED");
  const std::uint64_t first = first_seed == nullptr ? 1 : std::strtoull(first_seed, nullptr, 10);
  sim::Marks marks;
  std::uint64_t events = 0;
  for (std::uint64_t seed = first; seed < first + kSeeds; ++seed) {
    sim::BeginRun(seed, "escrow-sim --seeds 1 --first-seed " + std::to_string(seed));
    sim::Simulation simulation(seed, kCommands, marks);
    events += simulation.Run().events;
    ASSERT_EQ(FirstComplaint(simulation.log()), "") << "seed " << seed;
  }
  EXPECT_GT(events, kSeeds * 50);
}

}  // namespace
}  // namespace escrow::audit
