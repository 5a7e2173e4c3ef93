#include "batch_scheduling.h"

#include <sched.h>

#include <thread>

#include "gtest/gtest.h"

namespace escrow::daemon {
namespace {

// What a thread that had `before`, and a thread that it starts, have after they asked.
void ExpectPolicies(int before, int after) {
  std::thread asking([=] {
    const sched_param none{};
    ASSERT_EQ(sched_setscheduler(0, before, &none), 0);
    AskForBatchScheduling();
    EXPECT_EQ(sched_getscheduler(0), after);
    std::thread started([=] { EXPECT_EQ(sched_getscheduler(0), after); });
    started.join();
  });
  asking.join();
}

TEST(BatchSchedulingTest, IsForTheThreadAndThoseItStarts) { ExpectPolicies(SCHED_OTHER, SCHED_BATCH); }

TEST(BatchSchedulingTest, AnotherPolicyStays) { ExpectPolicies(SCHED_IDLE, SCHED_IDLE); }

}  // namespace
}  // namespace escrow::daemon
