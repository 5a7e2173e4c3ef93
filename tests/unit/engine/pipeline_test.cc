// How work goes through the engine: durability before replies, order, bounds, draining, stopping.

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>

#include "core/limits.h"
#include "unit/engine/fixture.h"

namespace escrow::engine {
namespace {

using escrow::test::Answer;
using escrow::test::CreatePlatform;
using escrow::test::Send;

class PipelineTest : public EngineTest {
 protected:
  [[nodiscard]] std::future<Answer> SendOne() {
    const std::uint64_t number = next_++;
    return Send(*engine_, operator_, {CreatePlatform(number, "p" + std::to_string(number))});
  }
  [[nodiscard]] std::vector<v1::Command> Commands(int count) {
    std::vector<v1::Command> commands;
    for (int i = 0; i < count; ++i) {
      const std::uint64_t number = next_++;
      commands.push_back(CreatePlatform(number, "p" + std::to_string(number)));
    }
    return commands;
  }
};

TEST_F(PipelineTest, BeginsALog) {
  Open();
  EXPECT_EQ(journal_.tail().sequence, 1U);
  v1::Event event;
  ASSERT_TRUE(event.ParseFromString(*journal_.ReadOne(1)));
  EXPECT_EQ(event.log_created().log_id().size(), 32U);
  EXPECT_EQ(engine_->watermarks().durable_sequence, 1U);
  EXPECT_EQ(engine_->watermarks().durable_root, journal_.tail().root);
}

TEST_F(PipelineTest, ExecutesAndReplies) {
  Open();
  const Answer answer = SendOne().get();
  ASSERT_EQ(answer.outcomes.size(), 1U);
  EXPECT_TRUE(answer.outcomes[0].accepted());
  EXPECT_EQ(answer.outcomes[0].name, "platforms/p1");
  EXPECT_EQ(answer.outcomes[0].first_sequence, 2U);
  EXPECT_EQ(answer.outcomes[0].last_sequence, 2U);
  EXPECT_EQ(answer.log_times.at(0), (base::Time{clock_.Now().ns + 1}));  // the first event had this nanosecond
  EXPECT_EQ(engine_->watermarks().applied_sequence, 2U);
  EXPECT_EQ(engine_->watermarks().durable_sequence, 2U);
}

// Goal: nobody is told anything that is not durable. Method: a disk that does not finish its sync.
TEST_F(PipelineTest, RepliesOnlyWhenDurable) {
  Open();
  journal_.CloseGate();
  std::future<Answer> first = SendOne();
  journal_.AwaitAppendAtGate();
  // These saw the first command's effect: a command of the next group, a refusal that makes no event, a dry run, a
  // query.
  std::future<Answer> second = SendOne();
  v1::Command malformed = CreatePlatform(next_++, "NO ID");
  std::future<Answer> refused = Send(*engine_, operator_, {malformed});
  v1::Command dry = CreatePlatform(next_++, "dry");
  dry.mutable_create_platform()->set_validate_only(true);
  std::future<Answer> dry_run = Send(*engine_, operator_, {dry});
  std::promise<void> seen;
  std::future<void> query = seen.get_future();
  std::uint64_t seen_sequence = 0;
  ASSERT_EQ(engine_->Query([&](const core::Machine& machine, base::Time) { seen_sequence = machine.last_sequence(); },
                           [&seen] { seen.set_value(); }),
            v1::REASON_UNSPECIFIED);
  EXPECT_FALSE(Ready(first, 100));
  EXPECT_FALSE(Ready(second, 0));
  EXPECT_FALSE(Ready(refused, 0));
  EXPECT_FALSE(Ready(dry_run, 0));
  EXPECT_FALSE(Ready(query, 0));
  EXPECT_EQ(engine_->watermarks().durable_sequence, 1U);

  journal_.OpenGate();
  EXPECT_TRUE(first.get().outcomes[0].accepted());
  EXPECT_TRUE(second.get().outcomes[0].accepted());
  EXPECT_EQ(refused.get().outcomes[0].reason, v1::REASON_INVALID_NAME);
  const Answer dry_answer = dry_run.get();
  EXPECT_TRUE(dry_answer.outcomes[0].accepted());
  EXPECT_EQ(dry_answer.outcomes[0].first_sequence, 0U);
  query.get();
  EXPECT_EQ(seen_sequence, 3U);
  EXPECT_EQ(engine_->watermarks().durable_sequence, 3U);
}

TEST_F(PipelineTest, AnswersAtOnceWhatDependsOnNothingNew) {
  Open();
  journal_.CloseGate();  // no sync will ever be asked for
  bool seen = false;
  EXPECT_EQ(engine_->QueryAndWait([&](const core::Machine&, base::Time) { seen = true; }), v1::REASON_UNSPECIFIED);
  EXPECT_TRUE(seen);
  EXPECT_EQ(Send(*engine_, operator_, {CreatePlatform(next_++, "NO ID")}).get().outcomes[0].reason,
            v1::REASON_INVALID_NAME);
  journal_.OpenGate();
}

TEST_F(PipelineTest, AGroupFillsWhileTheOneBeforeSyncs) {
  Open();
  journal_.CloseGate();
  std::vector<std::future<Answer>> answers;
  answers.push_back(SendOne());
  journal_.AwaitAppendAtGate();
  for (int i = 0; i < 200; ++i) {
    answers.push_back(SendOne());
  }
  // A query passes behind all of them, so all of them have been executed when its read has run.
  std::promise<void> executed;
  ASSERT_EQ(engine_->Query([&](const core::Machine&, base::Time) { executed.set_value(); }, [] {}),
            v1::REASON_UNSPECIFIED);
  executed.get_future().get();
  journal_.OpenGate();
  for (std::future<Answer>& answer : answers) {
    EXPECT_TRUE(answer.get().outcomes[0].accepted());
  }
  const std::vector<std::size_t> sizes = journal_.group_sizes();
  ASSERT_GE(sizes.size(), 3U);
  EXPECT_EQ(sizes[0], 1U);  // the log's beginning
  EXPECT_EQ(std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}), 202U);
  EXPECT_LE(sizes.size(), 5U) << "201 commands went into many small groups";
}

TEST_F(PipelineTest, AFullGroupHoldsTheSequencerNotTheOrder) {
  options_.group_events_max = 4;
  Open();
  journal_.CloseGate();
  std::vector<std::future<Answer>> answers;
  for (int i = 0; i < 50; ++i) {
    answers.push_back(Send(*engine_, operator_, Commands(10)));
  }
  journal_.AwaitAppendAtGate();
  journal_.OpenGate();
  std::uint64_t expected = 2;
  for (std::future<Answer>& future : answers) {
    const Answer answer = future.get();
    for (const core::Outcome& outcome : answer.outcomes) {
      EXPECT_EQ(outcome.first_sequence, expected++);
    }
  }
}

TEST_F(PipelineTest, RefusesMoreCommandsThanItMayHold) {
  options_.inflight_commands_max = 1'024;
  Open();
  journal_.CloseGate();
  std::future<Answer> whole = Send(*engine_, operator_, Commands(1'000));
  std::future<Answer> rest = Send(*engine_, operator_, Commands(24));
  auto call = std::make_unique<escrow::test::Call>(operator_, Commands(1), escrow::test::CallOptions{});
  std::unique_ptr<Submission> submission = std::move(call);
  EXPECT_EQ(engine_->Submit(submission), v1::REASON_OVERLOADED);
  EXPECT_NE(submission, nullptr) << "what is refused stays with the caller";
  journal_.OpenGate();
  EXPECT_EQ(whole.get().outcomes.size(), 1'000U);
  EXPECT_EQ(rest.get().outcomes.size(), 24U);
  // Room comes back with the replies.
  while (engine_->Submit(submission) == v1::REASON_OVERLOADED) {
    std::this_thread::yield();
  }
  EXPECT_EQ(submission, nullptr);
}

TEST_F(PipelineTest, RefusesMoreQueriesThanItMayHold) {
  options_.inflight_queries_max = 2;
  Open();
  journal_.CloseGate();
  std::future<Answer> command = SendOne();
  journal_.AwaitAppendAtGate();
  const auto nothing = [](const core::Machine&, base::Time) {};
  EXPECT_EQ(engine_->Query(nothing, [] {}), v1::REASON_UNSPECIFIED);
  EXPECT_EQ(engine_->Query(nothing, [] {}), v1::REASON_UNSPECIFIED);
  EXPECT_EQ(engine_->Query(nothing, [] {}), v1::REASON_OVERLOADED);
  EXPECT_EQ(engine_->QueryAndWait(nothing), v1::REASON_OVERLOADED);
  journal_.OpenGate();
  command.get();
}

// A submission that sends the next one when it is answered.
class Followed final : public Submission {
 public:
  using Next = std::function<void()>;
  Followed(const v1::Principal& actor, std::vector<v1::Command> commands, Next next)
      : actor_(actor), commands_(std::move(commands)), next_(std::move(next)) {
    for (const v1::Command& command : commands_) {
      requests.push_back({.command = &command, .actor = &actor_});
    }
  }
  void AddEvent(std::size_t, std::string_view) override {}
  void Done() override { next_(); }

 private:
  const v1::Principal actor_;
  const std::vector<v1::Command> commands_;
  const Next next_;
};

// Who sends the next command as soon as the one before is answered holds one place, not two: otherwise a client within
// its own bound fills the engine's, and others are refused (found by the flood of the hostile tests).
TEST_F(PipelineTest, RoomIsThereBeforeTheReply) {
  options_.inflight_commands_max = 1'024;
  options_.inflight_queries_max = 2;
  Open();
  journal_.CloseGate();
  std::vector<std::future<Answer>> next;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 2; ++i) {
    std::unique_ptr<Submission> submission = std::make_unique<Followed>(operator_, Commands(512), [&] {
      next.push_back(Send(*engine_, operator_, Commands(512)));
      ++answered;
    });
    ASSERT_EQ(engine_->Submit(submission), v1::REASON_UNSPECIFIED);
  }
  journal_.AwaitAppendAtGate();
  std::vector<v1::Reason> asked;
  const auto nothing = [](const core::Machine&, base::Time) {};
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(engine_->Query(nothing,
                             [&] {
                               asked.push_back(engine_->Query(nothing, [] {}));
                               ++answered;
                             }),
              v1::REASON_UNSPECIFIED);
  }
  journal_.OpenGate();
  while (answered < 4) {
    std::this_thread::yield();
  }
  engine_->Drain();
  EXPECT_EQ(asked, std::vector<v1::Reason>(2, v1::REASON_UNSPECIFIED));
  ASSERT_EQ(next.size(), 2U);
  for (std::future<Answer>& answer : next) {
    EXPECT_EQ(answer.get().refusal, v1::REASON_UNSPECIFIED);
  }
}

TEST_F(PipelineTest, RefusesOptionsThatCannotWork) {
  options_.inflight_commands_max = 1'023;
  EXPECT_TRUE(absl::IsInvalidArgument(Engine::Open(options_, journal_, clock_, NoProgress).status()));
  options_ = EngineOptions();
  options_.snapshot_events = 0;
  EXPECT_TRUE(absl::IsInvalidArgument(Engine::Open(options_, journal_, clock_, NoProgress).status()));
}

TEST_F(PipelineTest, DrainingRefusesTheNewAndFinishesTheAccepted) {
  Open();
  journal_.CloseGate();
  std::future<Answer> accepted = SendOne();
  journal_.AwaitAppendAtGate();
  std::thread drain([this] { engine_->Drain(); });
  std::future<Answer> late = SendOne();
  while (!Ready(late, 0)) {  // accepted before the drain began
    late = SendOne();
  }
  EXPECT_EQ(late.get().refusal, v1::REASON_DRAINING);
  EXPECT_EQ(engine_->QueryAndWait([](const core::Machine&, base::Time) {}), v1::REASON_DRAINING);
  EXPECT_TRUE(absl::IsUnavailable(engine_->Snapshot()));
  EXPECT_FALSE(Ready(accepted, 50));
  journal_.OpenGate();
  drain.join();
  EXPECT_TRUE(Ready(accepted, 0)) << "Drain returned before the reply";
  EXPECT_TRUE(accepted.get().outcomes[0].accepted());
}

TEST_F(PipelineTest, AFullDiskStopsAdmissionBeforeTheLog) {
  journal_.SetFreeBytes(999);
  Open();
  EXPECT_FALSE(engine_->accepts_writes());
  EXPECT_EQ(SendOne().get().refusal, v1::REASON_DISK_ALMOST_FULL);
  EXPECT_EQ(engine_->QueryAndWait([](const core::Machine&, base::Time) {}), v1::REASON_UNSPECIFIED);
  journal_.SetFreeBytes(1'000);
  std::this_thread::sleep_for(std::chrono::milliseconds(1'050));  // asked once a second
  EXPECT_TRUE(engine_->accepts_writes());
  EXPECT_TRUE(SendOne().get().outcomes[0].accepted());
}

TEST_F(PipelineTest, ADiskThatFillsWhileRunningIsNoticed) {
  Open();
  journal_.SetFreeBytes(0);
  std::this_thread::sleep_for(std::chrono::milliseconds(1'050));
  EXPECT_TRUE(SendOne().get().outcomes[0].accepted());  // the group after which the committer asks
  while (engine_->accepts_writes()) {
    std::this_thread::yield();
  }
  EXPECT_EQ(SendOne().get().refusal, v1::REASON_DISK_ALMOST_FULL);
}

TEST_F(PipelineTest, LogTimeGoesOnWhenTheClockGoesBack) {
  Open();
  base::Time last;
  for (const std::int64_t step : {0, 5, -3'600, 0, 7'200, -1}) {
    clock_.Advance(step);
    const Answer answer = SendOne().get();
    EXPECT_GT(answer.log_times.at(0), last);
    last = answer.log_times.at(0);
  }
  clock_.Advance(-86'400);
  Reopen();
  EXPECT_GT(SendOne().get().log_times.at(0), last);
}

TEST_F(PipelineTest, ListenersHearOfEveryDurablePosition) {
  Open();
  std::atomic<std::uint64_t> heard = 0;
  const std::uint64_t id = engine_->AddDurableListener([&](std::uint64_t sequence) {
    EXPECT_GT(sequence, heard);
    EXPECT_LE(sequence, journal_.tail().sequence);
    heard = sequence;
  });
  MakePlatforms(3);
  while (heard < 4) {
    std::this_thread::yield();
  }
  engine_->RemoveDurableListener(id);
  MakePlatforms(1);
  engine_->Drain();
  EXPECT_EQ(heard, 4U);
}

TEST_F(PipelineTest, TheAnchorFollowsAlsoWhenNothingMoreComes) {
  Open();
  MakePlatforms(20);
  for (int i = 0; i < 3'000 && journal_.anchored() != 21; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(journal_.anchored(), 21U);
}

TEST_F(PipelineTest, ASnapshotTakesNoRoomThatTheLogNeeds) {
  journal_.SetFreeBytes(options_.disk_free_bytes_min + 10);
  Open();
  MakePlatforms(1);
  EXPECT_TRUE(absl::IsResourceExhausted(engine_->Snapshot()));
  EXPECT_TRUE(engine_->accepts_writes());
  journal_.SetFreeBytes(std::nullopt);
  EXPECT_TRUE(engine_->Snapshot().ok());
}

// Goal: no command that the core accepts makes an event larger than 65,535 bytes, which would stop the process. Method:
// the largest agreements that the limits let through: as many shares and as long names as fit into a command.
TEST_F(PipelineTest, TheLargestEventFits) {
  Open();
  const std::string padding(35, 'x');
  ASSERT_TRUE(Execute(operator_, CreatePlatform(next_++, "shop")).accepted());
  const auto party = [&](int i) { return "party-" + std::to_string(100 + i) + padding; };
  for (int i = 0; i < 32; ++i) {
    ASSERT_TRUE(Execute(shop_, escrow::test::CreateParty(next_++, "shop", party(i))).accepted());
  }
  std::size_t largest = 0;
  for (int milestones = 1; milestones <= 14; ++milestones) {
    v1::Command command = escrow::test::CreateParcel(next_++, "shop", "a" + std::to_string(milestones));
    v1::Agreement& agreement = *command.mutable_create_agreement()->mutable_agreement();
    agreement.clear_participants();
    const v1::Milestone parcel = agreement.milestones(0);
    agreement.clear_milestones();
    for (int i = 0; i < 32; ++i) {
      v1::Participant& participant = *agreement.add_participants();
      participant.set_role(i == 0 ? v1::ROLE_BUYER : v1::ROLE_SELLER);
      participant.set_party("platforms/shop/parties/" + party(i));
    }
    for (int m = 0; m < milestones; ++m) {
      v1::Milestone& milestone = *agreement.add_milestones() = parcel;
      milestone.set_milestone_id("step-" + std::to_string(m));
      milestone.mutable_amount()->set_minor_units(50'000'000'000'000);
      milestone.clear_payees();
      for (int i = 1; i < 32; ++i) {
        v1::Payee& payee = *milestone.add_payees();
        payee.set_party(agreement.participants(i).party());
        payee.set_basis_points(i == 31 ? 10'000 - 30 * 320 : 320);
      }
    }
    const Answer answer = Send(*engine_, shop_, {command}, {.atomic = false, .want_events = true}).get();
    if (!answer.outcomes[0].accepted()) {
      const bool too_large = command.ByteSizeLong() > core::kCommandBytesMax;
      EXPECT_EQ(answer.outcomes[0].reason, too_large ? v1::REASON_MESSAGE_TOO_LARGE : v1::REASON_TOO_MANY_ITEMS);
      EXPECT_TRUE(too_large || milestones * 31 > 384);
      continue;
    }
    largest = std::max(largest, answer.events[0][0].size());
  }
  EXPECT_GT(largest, 48'000U) << "the test has lost its point";
  EXPECT_LE(largest, 65'535U);
  std::printf("largest event: %zu bytes\n", largest);
}

// Goal: replies come in the order of submission, whatever they depend on.
TEST_F(PipelineTest, RepliesKeepTheOrderOfSubmission) {
  Open();
  constexpr int kCount = 2'000;
  std::vector<int> order;
  for (int i = 0; i < kCount; ++i) {
    const auto done = [&order, i] { order.push_back(i); };
    if (i % 3 != 0) {
      ASSERT_EQ(engine_->Query([](const core::Machine&, base::Time) {}, done), v1::REASON_UNSPECIFIED);
      continue;
    }
    class Ordered final : public Submission {
     public:
      Ordered(v1::Principal actor, v1::Command command, std::function<void()> done)
          : actor_(std::move(actor)), command_(std::move(command)), done_(std::move(done)) {
        requests.push_back({.command = &command_, .actor = &actor_});
      }
      void Done() override { done_(); }

     private:
      v1::Principal actor_;
      v1::Command command_;
      std::function<void()> done_;
    };
    const std::uint64_t number = next_++;
    // Every other one is refused without an event.
    std::unique_ptr<Submission> submission = std::make_unique<Ordered>(
        operator_, CreatePlatform(number, i % 2 == 0 ? "p" + std::to_string(number) : "NO ID"), done);
    ASSERT_EQ(engine_->Submit(submission), v1::REASON_UNSPECIFIED);
  }
  engine_->Drain();
  EXPECT_EQ(order.size(), static_cast<std::size_t>(kCount));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

// Goal: replies that come in one go are told as one. Method: one command waits for its sync alone, the rest for the
// next.
TEST_F(PipelineTest, RepliesOfOneGoAreObserved) {
  struct Observer final : ReplyObserver {
    void BeginReplies(std::size_t count) override { runs.push_back(count); }
    void EndReplies() override { ++ended; }
    std::vector<std::size_t> runs;
    std::size_t ended = 0;
  };
  Open();
  Observer observer;
  engine_->SetReplyObserver(&observer);
  journal_.CloseGate();
  std::vector<std::future<Answer>> answers;
  answers.push_back(SendOne());
  journal_.AwaitAppendAtGate();
  for (int i = 0; i < 9; ++i) {
    answers.push_back(SendOne());
  }
  std::promise<void> executed;  // all of them
  ASSERT_EQ(engine_->Query([&](const core::Machine&, base::Time) { executed.set_value(); }, [] {}),
            v1::REASON_UNSPECIFIED);
  executed.get_future().wait();
  journal_.OpenGate();
  for (std::future<Answer>& answer : answers) {
    EXPECT_TRUE(answer.get().outcomes[0].accepted());
  }
  engine_->SetReplyObserver(nullptr);
  (void)SendOne().get();
  std::size_t together = 0;
  for (const std::size_t run : observer.runs) {
    EXPECT_GT(run, 1U) << "one reply is no run";
    together += run;
  }
  EXPECT_EQ(observer.ended, observer.runs.size());
  EXPECT_GE(together, 9U);
  EXPECT_LE(together, 11U);
}

using EngineDeathTest = PipelineTest;

// A failed append has an unknown outcome. Goal: nobody gets a reply of any kind; the process says so and stops.
TEST_F(EngineDeathTest, AFailedAppendStopsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const bool with_effect : {false, true}) {
    EXPECT_DEATH(
        {
          Open();
          journal_.FailAppend(2, with_effect);
          (void)SendOne().get();
          (void)SendOne().get();
          std::fprintf(stderr, "a reply was given\n");
        },
        "^escrow: stopping: events 3 to 3 may or may not be in the log: UNAVAILABLE: the test's disk failed\n$");
  }
}

}  // namespace
}  // namespace escrow::engine
