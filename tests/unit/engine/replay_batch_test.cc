#include "engine/replay_batch.h"

#include <string>
#include <thread>

#include "gtest/gtest.h"

namespace escrow::engine {
namespace {

std::string EventBytes(std::uint64_t sequence) {
  v1::Event event;
  event.set_sequence(sequence);
  return event.SerializeAsString();
}

TEST(ReplayHandoverTest, BatchesComeOnceEachInOrder) {
  constexpr std::uint64_t kBatches = 5'000;
  ReplayHandover handover;
  std::thread reader([&handover] {
    ReplayBatch batch;
    for (std::uint64_t i = 0; i < kBatches; ++i) {
      batch.Clear();
      batch.Add(EventBytes(2 * i));
      batch.Add(EventBytes(2 * i + 1));
      while (handover.Ample() && batch.ParseSome()) {
      }
      EXPECT_TRUE(handover.Give(batch));
    }
    handover.End();
  });
  ReplayBatch batch;
  std::uint64_t taken = 0;
  for (; handover.Take(batch); ++taken) {
    ASSERT_EQ(batch.size(), 2U);
    EXPECT_EQ(batch.bytes(0), EventBytes(2 * taken));
    EXPECT_EQ(batch.bytes(1), EventBytes(2 * taken + 1));
    if (const v1::Event* event = batch.parsed(1); event != nullptr) {
      EXPECT_EQ(event->sequence(), 2 * taken + 1);
    }
  }
  reader.join();
  EXPECT_EQ(taken, kBatches);
}

TEST(ReplayHandoverTest, AReaderThatWaitsForRoomStops) {
  ReplayHandover handover;
  std::thread reader([&handover] {
    ReplayBatch batch;
    while (handover.Give(batch)) {
    }
  });
  ReplayBatch batch;
  EXPECT_TRUE(handover.Take(batch));
  handover.Stop();
  reader.join();
  EXPECT_FALSE(handover.Ample());
}

TEST(ReplayBatchTest, ParsesUpToWhatIsNoEvent) {
  ReplayBatch batch;
  for (std::uint64_t i = 0; i < 10; ++i) {
    batch.Add(EventBytes(i));
  }
  batch.Add("\xff");
  batch.Add(EventBytes(11));
  while (batch.ParseSome()) {
  }
  ASSERT_NE(batch.parsed(9), nullptr);
  EXPECT_EQ(batch.parsed(9)->sequence(), 9U);
  EXPECT_EQ(batch.parsed(10), nullptr);
  EXPECT_EQ(batch.parsed(11), nullptr);
}

}  // namespace
}  // namespace escrow::engine
