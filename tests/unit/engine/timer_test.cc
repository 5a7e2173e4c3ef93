// Timers: they expire by themselves, by the platform's time, and never keep commands waiting.

#include <google/protobuf/util/time_util.h>

#include <thread>

#include "unit/engine/fixture.h"

namespace escrow::engine {
namespace {

using escrow::test::Confirm;
using escrow::test::CreateParcel;
using escrow::test::RecordDeposit;

class TimerTest : public EngineTest {
 protected:
  // A parcel that was paid and shipped: its receipt is deemed three days later.
  void Ship(const std::string& id) {
    const std::string name = "platforms/shop/agreements/" + id;
    ASSERT_TRUE(Execute(shop_, CreateParcel(next_++, "shop", id)).accepted());
    ASSERT_TRUE(Execute(shop_, RecordDeposit(next_++, name, 10'000)).accepted());
    ASSERT_TRUE(Execute(shop_, Confirm(next_++, name, v1::CONFIRMATION_KIND_SHIPMENT, "platforms/shop/parties/seller"))
                    .accepted());
  }
  [[nodiscard]] std::uint32_t Live() {
    std::uint32_t live = 0;
    const v1::Reason refusal = engine_->QueryAndWait(
        [&](const core::Machine& machine, base::Time) { live = machine.state().live_agreement_count(); });
    EXPECT_EQ(refusal, v1::REASON_UNSPECIFIED);
    return live;
  }
};

TEST_F(TimerTest, ExpireByThemselvesWhenNobodyCalls) {
  Open();
  MakeShop();
  Ship("a");
  EXPECT_EQ(Live(), 1U);
  const std::uint64_t before = journal_.tail().sequence;
  clock_.Advance(3 * 86'400 + 1);
  // No call is made: the sequencer looks at the clock at least once a second while a timer runs.
  for (int i = 0; i < 3'000 && journal_.tail().sequence == before; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_GT(journal_.tail().sequence, before);
  EXPECT_EQ(Live(), 0U);
  EXPECT_EQ(ReplayedDigest(), Digest());
}

TEST_F(TimerTest, ExpireAfterARestart) {
  Open();
  MakeShop();
  Ship("a");
  Close();
  clock_.Advance(30 * 86'400);
  Open();
  while (Live() != 0) {
    std::this_thread::yield();
  }
  EXPECT_EQ(ReplayedDigest(), Digest());
}

TEST_F(TimerTest, ASandboxFollowsItsOwnClock) {
  Open();
  MakeShop(/*sandbox=*/true);
  for (int i = 0; i < 20; ++i) {
    Ship("parcel-" + std::to_string(i));
  }
  options_.expire_max = 3;
  Reopen();
  clock_.Advance(30 * 86'400);  // of no concern to a sandbox
  EXPECT_EQ(Live(), 20U);
  v1::Command command;
  v1::AdvanceClockRequest& request = *command.mutable_advance_clock();
  request.set_request_id(escrow::test::RequestId(next_++));
  request.set_name("platforms/shop");
  *request.mutable_clock_time() = google::protobuf::util::TimeUtil::SecondsToTimestamp(1'700'000'000 + 4 * 86'400);
  ASSERT_TRUE(Execute(shop_, command).accepted());
  // Who asks next sees what has expired, although one round of expiry is not enough.
  EXPECT_EQ(Live(), 0U);
  engine_->Drain();
  Reopen();
  EXPECT_EQ(Live(), 0U);
  EXPECT_EQ(ReplayedDigest(), Digest());
}

}  // namespace
}  // namespace escrow::engine
