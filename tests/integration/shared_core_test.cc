#include "shared_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <thread>
#include <vector>

#include "base/cores.h"
#include "support/server_process.h"
#include "support/temp_folder.h"

// Goal: on few cores the thread that takes calls and the one that executes commands share one, with the one that
// replies when the cores are far apart, and no other thread does; else, or when the operator does not want it, nobody
// is kept anywhere.
namespace escrow::test {
namespace {

using Cores = std::vector<std::size_t>;

constexpr std::size_t kPollersMin = 2;  // gRPC takes calls with two threads at least

TEST(SharedCoreTest, IsTheLastOfFew) {
  EXPECT_EQ(daemon::SharedCore("auto", {4}), 4);
  EXPECT_EQ(daemon::SharedCore("auto", {0, 1}), 1);
  EXPECT_EQ(daemon::SharedCore("auto", {0, 2, 5}), 5);
  EXPECT_EQ(daemon::SharedCore("auto", {0, 1, 2, 3}), std::nullopt);
  EXPECT_EQ(daemon::SharedCore("auto", {}), std::nullopt);
  EXPECT_EQ(daemon::SharedCore("off", {0, 1}), std::nullopt);
}

TEST(SharedCoreTest, DistanceNeedsTwoCores) {
  EXPECT_EQ(daemon::DistanceOf(std::nullopt, {0, 1}), nullptr);
  EXPECT_EQ(daemon::DistanceOf(0, {0}), nullptr);
}

// Where an escrowd with this configuration, that may use these cores, runs its threads.
void ExpectPlaces(const std::string& config, const Cores& cores, const Cores& shared) {
  // A thread of its own: its children may run where it may.
  std::thread([&] {
    base::KeepThreadOn(cores);
    const TempFolder folder;
    const ServerProcess server(folder.path(), config);
    // The operator's key was a command, so the sequencer knows how they come.
    EXPECT_EQ(server.CoresOf("escrow-sequence", 1), std::vector<Cores>{shared});
    EXPECT_EQ(server.CoresOf("escrow-commit", 1), std::vector<Cores>{cores});
    // Where it runs depends on how far apart the cores are just then.
    EXPECT_THAT(server.CoresOf("escrow-respond", 1),
                testing::AnyOf(std::vector<Cores>{cores}, std::vector<Cores>{shared}));
    EXPECT_EQ(server.CoresOf("escrow-publish", 1), std::vector<Cores>{cores});
    const std::vector<Cores> pollers = server.CoresOf("nexting_thread", kPollersMin);
    EXPECT_GE(pollers.size(), kPollersMin);
    for (const Cores& poller : pollers) {
      EXPECT_EQ(poller, shared);
    }
  }).join();
}

TEST(SharedCoreTest, PollerAndSequencerShareOneOfTwo) {
  const Cores cores = base::CoresOfThread();
  if (cores.size() < 2) {
    GTEST_SKIP() << "needs two cores";
  }
  const Cores two = {cores[0], cores[1]};
  ExpectPlaces("", two, {cores[1]});
  ExpectPlaces("shared_core = \"off\"\n", two, two);
}

}  // namespace
}  // namespace escrow::test
