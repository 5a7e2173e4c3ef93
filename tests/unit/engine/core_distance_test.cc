#include "base/core_distance.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "base/cores.h"

// Goal: the distance of two cores is that of the cores, whatever else runs on them, and no look at it takes long.
namespace escrow::base {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

class CoreDistanceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (cores_.size() < 2) {
      GTEST_SKIP() << "needs two cores";
    }
  }

  const std::vector<std::size_t> cores_ = CoresOfThread();
};

TEST_F(CoreDistanceTest, AWordTakesTime) {
  const auto round_trip = RoundTrip(cores_.front(), cores_.back(), seconds(10));
  ASSERT_TRUE(round_trip.has_value());
  EXPECT_GT(*round_trip, nanoseconds(5));        // light takes that long for 75 cm there and back
  EXPECT_LT(*round_trip, nanoseconds(100'000));  // a thread that has to be woken takes longer than a word
  EXPECT_EQ(CoresOfThread(), cores_);            // the threads were others
}

TEST_F(CoreDistanceTest, OthersThatWorkThereDoNotCount) {
  std::atomic<bool> ended = false;
  std::vector<std::thread> others;
  for (const std::size_t core : cores_) {
    others.emplace_back([core, &ended] {
      KeepThreadOn({core});
      while (!ended) {
      }
    });
  }
  const auto round_trip = RoundTrip(cores_.front(), cores_.back(), seconds(10));
  ended = true;
  for (std::thread& other : others) {
    other.join();
  }
  ASSERT_TRUE(round_trip.has_value());
  EXPECT_LT(*round_trip, nanoseconds(100'000));
}

TEST_F(CoreDistanceTest, WithoutTimeNothingIsKnown) {
  EXPECT_EQ(RoundTrip(cores_.front(), cores_.back(), nanoseconds(0)), std::nullopt);
}

TEST_F(CoreDistanceTest, EndsWhileItLooksAndWhileItRests) {
  {
    const CoreDistance looks(cores_.front(), cores_.back());
  }
  const CoreDistance rests(cores_.front(), cores_.back());
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  (void)rests.far();
}

}  // namespace
}  // namespace escrow::base
