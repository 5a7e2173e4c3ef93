// The engine without threads: nothing happens but what is stepped, and its end is a crash.

#include "engine/stepper.h"

#include "unit/engine/fixture.h"

namespace escrow::engine {
namespace {

using escrow::test::Answer;
using escrow::test::Call;
using escrow::test::CreatePlatform;

class StepperTest : public EngineTest {
 protected:
  void OpenStepper() {
    auto opened = Stepper::Open(options_, journal_, clock_, clock_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    stepper_ = *std::move(opened);
  }
  [[nodiscard]] std::future<Answer> Submit() {
    const std::uint64_t number = next_++;
    auto call = std::make_unique<Call>(operator_,
                                       std::vector<v1::Command>{CreatePlatform(number, "p" + std::to_string(number))},
                                       escrow::test::CallOptions{});
    std::future<Answer> answer = call->answer();
    std::unique_ptr<Submission> submission = std::move(call);
    EXPECT_EQ(stepper_->Submit(submission), v1::REASON_UNSPECIFIED);
    return answer;
  }
  void Expect(Stage stage, Stepped stepped) {
    const absl::StatusOr<Stepped> result = stepper_->Step(stage);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(*result, stepped);
  }

  std::unique_ptr<Stepper> stepper_;
};

TEST_F(StepperTest, ACommandGoesOneStageAStep) {
  OpenStepper();
  std::future<Answer> answer = Submit();
  Expect(Stage::kCommitter, Stepped::kIdle);
  Expect(Stage::kResponder, Stepped::kIdle);
  Expect(Stage::kSequencer, Stepped::kWorked);
  EXPECT_EQ(stepper_->machine().last_sequence(), 2U);
  EXPECT_EQ(journal_.tail().sequence, 1U);
  Expect(Stage::kResponder, Stepped::kIdle);
  Expect(Stage::kCommitter, Stepped::kWorked);
  EXPECT_EQ(journal_.tail().sequence, 2U);
  EXPECT_FALSE(Ready(answer, 0));
  Expect(Stage::kResponder, Stepped::kWorked);
  ASSERT_TRUE(Ready(answer, 0));
  EXPECT_TRUE(answer.get().outcomes.at(0).accepted());
  Expect(Stage::kSequencer, Stepped::kIdle);
}

TEST_F(StepperTest, AFullGroupStepsTheCommitter) {
  options_.group_events_max = 1;
  OpenStepper();
  const std::future<Answer> first = Submit();
  Expect(Stage::kSequencer, Stepped::kWorked);
  const std::future<Answer> second = Submit();
  Expect(Stage::kSequencer, Stepped::kWorked);
  EXPECT_EQ(journal_.tail().sequence, 2U) << "nobody made room for the second";
  Expect(Stage::kCommitter, Stepped::kWorked);
  EXPECT_EQ(journal_.tail().sequence, 3U);
}

TEST_F(StepperTest, AFailureIsTheEnd) {
  options_.group_events_max = 1;
  OpenStepper();
  std::future<Answer> first = Submit();
  Expect(Stage::kSequencer, Stepped::kWorked);
  journal_.FailAppend(1, false);
  const std::future<Answer> second = Submit();
  EXPECT_TRUE(absl::IsUnavailable(stepper_->Step(Stage::kSequencer).status()));  // the committer's, under it
  for (const Stage stage : kStages) {
    EXPECT_TRUE(absl::IsUnavailable(stepper_->Step(stage).status()));
  }
  EXPECT_EQ(journal_.tail().sequence, 1U);
  EXPECT_FALSE(Ready(first, 0));
  stepper_.reset();
  OpenStepper();
  EXPECT_EQ(stepper_->machine().last_sequence(), 1U);
}

TEST_F(StepperTest, ASnapshotWaitsForItsPosition) {
  OpenStepper();
  const std::future<Answer> answer = Submit();
  int written = 0;
  ASSERT_EQ(stepper_->Snapshot([&](const absl::Status& status) { written += status.ok() ? 1 : 0; }),
            v1::REASON_UNSPECIFIED);
  Expect(Stage::kSequencer, Stepped::kWorked);
  Expect(Stage::kSnapshotter, Stepped::kIdle);
  Expect(Stage::kCommitter, Stepped::kWorked);
  Expect(Stage::kSnapshotter, Stepped::kWorked);
  EXPECT_EQ(written, 1);
  EXPECT_EQ(stepper_->watermarks().snapshot_sequence, 2U);
}

}  // namespace
}  // namespace escrow::engine
