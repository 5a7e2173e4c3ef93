#include "engine/thread_core.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "base/cores.h"

// Goal: a thread stays while commands come one by one and somebody wants it to, goes where there is room while they
// come in batches, and does not go to and fro when both come.
namespace escrow::engine {
namespace {

class ThreadCoreTest : public testing::Test {
 protected:
  void SetUp() override {
    if (all_.size() < 2) {
      GTEST_SKIP() << "needs two cores";
    }
  }

  // On a thread of its own, since it is kept somewhere.
  static void OnThread(const std::function<void()>& test) { std::thread(test).join(); }

  static void NoteTimes(ThreadCore& core, int times, std::size_t commands) {
    for (int i = 0; i < times; ++i) {
      core.Note(commands);
    }
  }

  const std::vector<std::size_t> all_ = base::CoresOfThread();
  const std::vector<std::size_t> last_ = {all_.empty() ? 0 : all_.back()};
};

TEST_F(ThreadCoreTest, StaysForSingleCommandsAndGoesForBatches) {
  OnThread([this] {
    ThreadCore core(last_.front());
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

TEST_F(ThreadCoreTest, SomeBatchesAmongManySingleCommandsChangeNothing) {
  OnThread([this] {
    ThreadCore core(last_.front());
    core.Note(1);
    for (int i = 0; i < 100; ++i) {
      NoteTimes(core, 7, 512);
      EXPECT_EQ(base::CoresOfThread(), last_);
      NoteTimes(core, 7 * 512, 1);
    }
  });
}

TEST_F(ThreadCoreTest, ABatchHasSixteenCommands) {
  OnThread([this] {
    ThreadCore core(last_.front());
    NoteTimes(core, 10'000, 15);
    EXPECT_EQ(base::CoresOfThread(), last_);
    NoteTimes(core, 4'096 / 16, 16);
    EXPECT_EQ(base::CoresOfThread(), all_);
  });
}

TEST_F(ThreadCoreTest, StaysWhileItIsWanted) {
  OnThread([this] {
    bool wanted = false;
    ThreadCore core(last_.front(), [&wanted] { return wanted; });
    core.Note(1);
    EXPECT_EQ(base::CoresOfThread(), all_);
    wanted = true;
    core.Note(1);
    EXPECT_EQ(base::CoresOfThread(), last_);
    wanted = false;
    core.Note(1);
    EXPECT_EQ(base::CoresOfThread(), all_);
    NoteTimes(core, 8, 512);
    wanted = true;
    core.Note(1);
    EXPECT_EQ(base::CoresOfThread(), all_);
  });
}

TEST_F(ThreadCoreTest, WithoutASharedCoreTheKernelChooses) {
  OnThread([this] {
    ThreadCore core(std::nullopt);
    core.Note(1);
    NoteTimes(core, 100, 512);
    core.Note(1);
    EXPECT_EQ(base::CoresOfThread(), all_);
  });
}

}  // namespace
}  // namespace escrow::engine
