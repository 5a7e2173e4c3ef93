// The benchmark's own parts: that the workload is what it says it is, and that clients count right.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/in_process.h"
#include "bench/stats.h"
#include "bench/workload.h"
#include "core/state.h"
#include "journal/memory/memory_journal.h"

namespace escrow::bench {
namespace {

TEST(StatsTest, PercentileIsTheNearestRank) {
  const struct {
    double fraction;
    std::int64_t expected;
  } kRows[] = {{0.001, 10}, {0.2, 10}, {0.21, 20}, {0.5, 30}, {0.8, 40}, {0.81, 50}, {0.999, 50}, {1, 50}};
  for (const auto& row : kRows) {
    std::vector<std::int64_t> samples{50, 10, 40, 20, 30};
    EXPECT_EQ(Percentile(samples, row.fraction), row.expected) << row.fraction;
  }
}

// u^4 < 1/10,000 for u < 1/10: a tenth of all agreements has the first party.
TEST(WorkloadTest, TheBusiestPartyTakesPartInATenth) {
  constexpr std::uint64_t kAgreements = 10'000;
  std::map<std::string, std::uint64_t> by_seller;
  for (std::uint64_t number = 0; number < kAgreements; ++number) {
    std::vector<v1::Command> commands;
    Workload::AddBeginning(number, commands);
    ++by_seller[commands[0].create_agreement().agreement().participants(1).party()];
  }
  EXPECT_NEAR(static_cast<double>(by_seller[std::string(kPlatform) + "/parties/seller-0"]), kAgreements / 10, 20);
  EXPECT_GT(by_seller.size(), kAgreements / 10);
}

// Three blocks and more of a small population, from lanes that overtake each other. Every command must be accepted
// (RunInProcess insists), and what begins equals what ends.
TEST(WorkloadTest, LifecyclesKeepThePopulation) {
  constexpr std::uint64_t kLive = 64;
  constexpr std::uint64_t kLifecycles = 200;
  const Workload workload(kLive);
  journal::MemoryJournal journal;
  const std::unique_ptr<engine::Engine> engine = OpenEngine(journal, {});
  RunInProcess(*engine, OperatorPrincipal(), {Workload::Founding()}, 1, 8);
  RunInProcess(*engine, PlatformPrincipal(), {Workload::Parties()}, 1, 1'024);
  std::vector<v1::Command> population;
  for (std::uint64_t number = 0; number < kLive; ++number) {
    Workload::AddBeginning(number, population);
  }
  RunInProcess(*engine, PlatformPrincipal(), {population}, 1, 100);
  const std::uint64_t before = journal.tail().sequence;

  RunInProcess(*engine, PlatformPrincipal(), workload.Chains(0, kLifecycles, 4), 4, 3);

  EXPECT_EQ(journal.tail().sequence - before, kLifecycles * 13);
  const v1::Reason refusal = engine->QueryAndWait([&](const core::Machine& machine, base::Time) {
    EXPECT_EQ(machine.state().live_agreement_count(), kLive);
    EXPECT_EQ(machine.state().agreement_count(), kLive + kLifecycles);
    EXPECT_EQ(core::CheckLedger(machine.state()), "");
  });
  EXPECT_EQ(refusal, v1::REASON_UNSPECIFIED);
}

TEST(WorkloadTest, ChainsHoldEveryLifecycleOnceAndInOrder) {
  const Workload workload(100);
  std::vector<v1::Command> in_order;
  for (std::uint64_t lifecycle = 7; lifecycle < 17; ++lifecycle) {
    workload.AddLifecycle(lifecycle, in_order);
  }
  const std::vector<std::vector<v1::Command>> chains = workload.Chains(7, 10, 4);
  ASSERT_EQ(chains.size(), 3U);
  EXPECT_EQ(chains[2].size(), 2 * kLifecycleCommands);
  std::size_t at = 0;
  for (const std::vector<v1::Command>& chain : chains) {
    for (const v1::Command& command : chain) {
      EXPECT_EQ(command.SerializeAsString(), in_order[at++].SerializeAsString());
    }
  }
  EXPECT_EQ(at, in_order.size());
}

}  // namespace
}  // namespace escrow::bench
