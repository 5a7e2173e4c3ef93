#include "engine/sequencer_core.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "base/cores.h"

// Goal: the sequencer stays while commands come one by one, goes where there is room while they come in batches, and
// does not go to and fro when both come.
namespace escrow::engine {
namespace {

class SequencerCoreTest : public testing::Test {
 protected:
  void SetUp() override {
    if (all_.size() < 2) {
      GTEST_SKIP() << "needs two cores";
    }
  }

  // On a thread of its own, since it is kept somewhere.
  static void OnThread(const std::function<void()>& test) { std::thread(test).join(); }

  static void NoteTimes(SequencerCore& core, int times, std::size_t commands) {
    for (int i = 0; i < times; ++i) {
      core.Note(commands);
    }
  }

  const std::vector<std::size_t> all_ = base::CoresOfThread();
  const std::vector<std::size_t> last_ = {all_.empty() ? 0 : all_.back()};
};

TEST_F(SequencerCoreTest, StaysForSingleCommandsAndGoesForBatches) {
  OnThread([this] {
    SequencerCore core(last_.front());
    EXPECT_EQ(base::CoresOfThread(), all_);
    core.Note(1);
    EXPECT_EQ(base::CoresOfThread(), last_);
    NoteTimes(core, 8, 512);
    EXPECT_EQ(base::CoresOfThread(), all_);
    NoteTimes(core, 4'095, 1);
    EXPECT_EQ(base::CoresOfThread(), all_);
    core.Note(1);
    EXPECT_EQ(base::CoresOfThread(), last_);
  });
}

TEST_F(SequencerCoreTest, SomeBatchesAmongManySingleCommandsChangeNothing) {
  OnThread([this] {
    SequencerCore core(last_.front());
    core.Note(1);
    for (int i = 0; i < 100; ++i) {
      NoteTimes(core, 7, 512);
      EXPECT_EQ(base::CoresOfThread(), last_);
      NoteTimes(core, 7 * 512, 1);
    }
  });
}

TEST_F(SequencerCoreTest, ABatchHasSixteenCommands) {
  OnThread([this] {
    SequencerCore core(last_.front());
    NoteTimes(core, 10'000, 15);
    EXPECT_EQ(base::CoresOfThread(), last_);
    NoteTimes(core, 4'096 / 16, 16);
    EXPECT_EQ(base::CoresOfThread(), all_);
  });
}

TEST_F(SequencerCoreTest, WithoutASharedCoreTheKernelChooses) {
  OnThread([this] {
    SequencerCore core(std::nullopt);
    core.Note(1);
    NoteTimes(core, 100, 512);
    core.Note(1);
    EXPECT_EQ(base::CoresOfThread(), all_);
  });
}

}  // namespace
}  // namespace escrow::engine
