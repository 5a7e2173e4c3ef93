#include "base/short_slice.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <functional>
#include <thread>

// Goal: the thread that asks has an earlier turn, and nobody else: not those that it starts, nor one whose class
// somebody chose.
namespace escrow::base {
namespace {

constexpr std::uint64_t kShortNs = 100'000;

void OnThread(const std::function<void()>& test) { std::thread(test).join(); }

void SetClass(int policy) {
  const sched_param none{};
  ASSERT_EQ(sched_setscheduler(0, policy, &none), 0);
}

// The length of the calling thread's slices: sched_runtime of sched_getattr(2); 0 from a kernel that does not know it.
std::uint64_t SliceNs() {
  constexpr std::size_t kRuntime = 3;  // the fourth word of struct sched_attr
  std::array<std::uint64_t, 6> attributes{};
  EXPECT_EQ(syscall(SYS_sched_getattr, 0, attributes.data(), sizeof attributes, 0), 0);
  return attributes[kRuntime];
}

bool KernelKnowsSlices() { return SliceNs() != 0; }

TEST(ShortSliceTest, IsForTheThreadThatAsks) {
  for (const int before : {SCHED_OTHER, SCHED_BATCH}) {
    OnThread([before] {
      SetClass(before);
      const std::uint64_t usual = SliceNs();
      AskForShortSlices();
      EXPECT_EQ(sched_getscheduler(0) & ~SCHED_RESET_ON_FORK, SCHED_OTHER);
      if (KernelKnowsSlices()) {
        EXPECT_EQ(SliceNs(), kShortNs);
      }
      OnThread([usual] { EXPECT_EQ(SliceNs(), usual); });
    });
  }
}

TEST(ShortSliceTest, LeavesAnotherClassAlone) {
  OnThread([] {
    SetClass(SCHED_IDLE);
    AskForShortSlices();
    EXPECT_EQ(sched_getscheduler(0), SCHED_IDLE);
  });
}

TEST(ShortSliceTest, LeavesTheShareAlone) {
  OnThread([] {
    constexpr int kNice = 3;
    ASSERT_EQ(setpriority(PRIO_PROCESS, 0, kNice), 0);  // of the thread: Linux has it so
    AskForShortSlices();
    EXPECT_EQ(getpriority(PRIO_PROCESS, 0), kNice);
    EXPECT_EQ(sched_getscheduler(0) & ~SCHED_RESET_ON_FORK, SCHED_OTHER);
  });
}

}  // namespace
}  // namespace escrow::base
