#include "publish/showcase.h"

#include <gtest/gtest.h>

#include <vector>

namespace escrow::publish {
namespace {

SharedCheckpoint Of(std::uint64_t size) {
  tlog::SignedCheckpoint made;
  made.checkpoint.size = size;
  return std::make_shared<const tlog::SignedCheckpoint>(made);
}

// With a patience of 5 seconds: at this second the newest checkpoint and the newest cosigned one (0: none) have these
// sizes, and this one is shown.
struct Look {
  int second;
  std::uint64_t newest;
  std::uint64_t cosigned;
  std::uint64_t shown;
};

void Expect(const std::vector<Look>& looks) {
  Showcase showcase{std::chrono::seconds(5)};
  for (const Look& look : looks) {
    const SharedCheckpoint shown = showcase.Choose(Of(look.newest), look.cosigned == 0 ? nullptr : Of(look.cosigned),
                                                   Showcase::Time(std::chrono::seconds(1'000 + look.second)));
    EXPECT_EQ(shown->checkpoint.size, look.shown) << "second " << look.second;
  }
}

TEST(ShowcaseTest, WithoutWitnessesTheNewestIsShown) { Expect({{0, 1, 0, 1}, {1, 2, 0, 2}, {90, 3, 0, 3}}); }

TEST(ShowcaseTest, ACosignedOneIsShownUntilTheNextIsCosigned) {
  Expect({{0, 10, 10, 10}, {50, 11, 10, 10}, {51, 11, 11, 11}, {52, 14, 12, 12}, {56, 19, 14, 14}, {61, 30, 20, 20}});
}

TEST(ShowcaseTest, AQuorumThatIsLostIsWaitedForOnlySoLong) {
  Expect({{0, 10, 10, 10},
          {50, 11, 10, 10},
          {55, 19, 10, 10},
          {56, 20, 10, 20},  // six seconds after 11 came
          {57, 21, 10, 21},
          {58, 22, 20, 21},  // it is back, for an older one: what was shown stays
          {59, 23, 21, 21},  // and has caught up
          {60, 23, 23, 23}});
}

TEST(ShowcaseTest, TheSameCheckpointIsShownWithMoreCosignatures) {
  Showcase showcase{std::chrono::seconds(5)};
  const SharedCheckpoint one = Of(7);
  const SharedCheckpoint more = Of(7);
  EXPECT_EQ(showcase.Choose(one, nullptr, {}), one);
  EXPECT_EQ(showcase.Choose(more, more, {}), more);
}

}  // namespace
}  // namespace escrow::publish
