// One request id, one effect, for the life of the log (design.md §3, 5); and the events in replies.

#include "engine/requests.h"
#include "unit/engine/fixture.h"

namespace escrow::engine {
namespace {

using escrow::test::Answer;
using escrow::test::CreateParcel;
using escrow::test::CreateParty;
using escrow::test::CreatePlatform;
using escrow::test::RecordDeposit;
using escrow::test::Send;

using Variables = std::vector<std::pair<std::string, std::string>>;

class RepetitionTest : public EngineTest {
 protected:
  void SetUp() override {
    Open();
    MakeShop();
  }
  [[nodiscard]] std::vector<std::string> Stored(std::uint64_t first, std::uint64_t last) {
    std::vector<std::string> events;
    for (std::uint64_t sequence = first; sequence <= last; ++sequence) {
      events.push_back(*journal_.ReadOne(sequence));
    }
    return events;
  }
};

TEST_F(RepetitionTest, TheFirstReplyIsGivenAgain) {
  const v1::Command command = CreateParcel(next_++, "shop", "a");
  const Answer first = Send(*engine_, shop_, {command}, {.atomic = false, .want_events = true}).get();
  ASSERT_TRUE(first.outcomes[0].accepted());
  EXPECT_GT(first.outcomes[0].last_sequence, first.outcomes[0].first_sequence) << "the agreement became active, too";
  EXPECT_EQ(first.events[0], Stored(first.outcomes[0].first_sequence, first.outcomes[0].last_sequence));
  MakePlatforms(1);
  for (int round = 0; round < 2; ++round) {
    const std::uint64_t before = journal_.tail().sequence;
    const Answer again = Send(*engine_, shop_, {command}, {.atomic = false, .want_events = true}).get();
    EXPECT_TRUE(again.outcomes[0].repeated);
    EXPECT_EQ(again.outcomes[0].reason, v1::REASON_UNSPECIFIED);
    EXPECT_EQ(again.outcomes[0].name, first.outcomes[0].name);
    EXPECT_EQ(again.outcomes[0].first_sequence, first.outcomes[0].first_sequence);
    EXPECT_EQ(again.outcomes[0].last_sequence, first.outcomes[0].last_sequence);
    EXPECT_EQ(again.log_times, first.log_times);
    EXPECT_EQ(again.events, first.events);
    EXPECT_EQ(journal_.tail().sequence, before);
    Reopen();  // and after a restart
  }
}

TEST_F(RepetitionTest, ADryRunOfWhatWasDoneIsARepetition) {
  v1::Command command = CreateParty(next_++, "shop", "ann");
  const core::Outcome first = Execute(shop_, command);
  command.mutable_create_party()->set_validate_only(true);
  const core::Outcome dry = Execute(shop_, command);
  EXPECT_TRUE(dry.repeated);
  EXPECT_EQ(dry.first_sequence, first.first_sequence);
}

TEST_F(RepetitionTest, AnotherBodyIsRefusedWithTheFirstDifference) {
  v1::Command command = CreateParty(next_++, "shop", "ann");
  ASSERT_TRUE(Execute(shop_, command).accepted());
  command.mutable_create_party()->set_party_id("bob");
  const core::Outcome outcome = Execute(shop_, command);
  EXPECT_EQ(outcome.reason, v1::REASON_REQUEST_ID_REUSED);
  EXPECT_EQ(outcome.variables, (Variables{{"field", "party_id"}}));
  EXPECT_FALSE(outcome.repeated);
  EXPECT_EQ(outcome.first_sequence, 0U);
}

TEST_F(RepetitionTest, ABurntIdStaysBurnt) {
  const std::string name = "platforms/shop/agreements/a";
  const v1::Command early = RecordDeposit(next_++, name, 100);
  const core::Outcome refused = Execute(shop_, early);
  EXPECT_EQ(refused.reason, v1::REASON_AGREEMENT_NOT_FOUND);
  ASSERT_NE(refused.first_sequence, 0U) << "the refusal is an event";
  ASSERT_TRUE(Execute(shop_, CreateParcel(next_++, "shop", "a")).accepted());
  for (int round = 0; round < 2; ++round) {
    const core::Outcome late = Execute(shop_, early);
    EXPECT_EQ(late.reason, v1::REASON_REQUEST_ID_BURNT);
    EXPECT_EQ(late.variables, (Variables{{"first_reason", "AGREEMENT_NOT_FOUND"}}));
    Reopen();
  }
  v1::Command other = early;
  other.mutable_record_deposit()->mutable_amount()->set_minor_units(7);
  EXPECT_EQ(Execute(shop_, other).reason, v1::REASON_REQUEST_ID_REUSED);
}

TEST_F(RepetitionTest, TheIdsOfPrincipalsAreTheirOwn) {
  const v1::Command command = CreatePlatform(77, "other");
  ASSERT_TRUE(Execute(operator_, command).accepted());
  EXPECT_TRUE(Execute(shop_, CreateParty(77, "shop", "ann")).accepted());
}

// Goal: a duplicate that comes while the first is not yet durable has its effect once, and both get the same reply.
TEST_F(RepetitionTest, DuplicatesInFlight) {
  journal_.CloseGate();
  const v1::Command command = CreateParty(next_++, "shop", "ann");
  std::vector<std::future<Answer>> answers;
  for (int i = 0; i < 5; ++i) {
    answers.push_back(Send(*engine_, shop_, {command, command}));
  }
  journal_.AwaitAppendAtGate();
  journal_.OpenGate();
  int accepted = 0;
  std::uint64_t sequence = 0;
  for (std::future<Answer>& future : answers) {
    for (const core::Outcome& outcome : future.get().outcomes) {
      EXPECT_EQ(outcome.reason, v1::REASON_UNSPECIFIED);
      accepted += outcome.accepted() ? 1 : 0;
      sequence = outcome.accepted() ? outcome.first_sequence : sequence;
      EXPECT_EQ(outcome.first_sequence, sequence);
    }
  }
  EXPECT_EQ(accepted, 1);
}

TEST_F(RepetitionTest, AnAtomicBatchHappensOnceOrNotAtAll) {
  const std::vector<v1::Command> batch = {CreateParty(next_++, "shop", "ann"), CreateParty(next_++, "shop", "bob"),
                                          CreateParcel(next_++, "shop", "a")};
  const Answer first = Send(*engine_, shop_, batch, {.atomic = true, .want_events = true}).get();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    ASSERT_TRUE(first.outcomes[i].accepted());
    EXPECT_EQ(first.events[i], Stored(first.outcomes[i].first_sequence, first.outcomes[i].last_sequence));
    EXPECT_EQ(first.log_times[i], first.log_times[0]);
  }
  const Answer again = Send(*engine_, shop_, batch, {.atomic = true, .want_events = true}).get();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    EXPECT_TRUE(again.outcomes[i].repeated);
    EXPECT_EQ(again.outcomes[i].name, first.outcomes[i].name);
  }
  EXPECT_EQ(again.events, first.events);

  const std::uint64_t before = journal_.tail().sequence;
  const Answer refused =
      Send(*engine_, shop_, {CreateParty(next_++, "shop", "cid"), CreateParty(next_++, "shop", "ann")},
           {.atomic = true, .want_events = true})
          .get();
  EXPECT_EQ(refused.outcomes[0].reason, v1::REASON_BATCH_ABORTED);
  EXPECT_EQ(refused.outcomes[1].reason, v1::REASON_PARTY_EXISTS);
  EXPECT_EQ(journal_.tail().sequence, before);
}

// Goal: after a crash an atomic batch is there as a whole or not at all: its events are one group.
TEST_F(RepetitionTest, AnAtomicBatchIsOneGroup) {
  std::vector<v1::Command> batch;
  for (int i = 0; i < 1'000; ++i) {
    batch.push_back(CreateParty(next_++, "shop", "party-" + std::to_string(i)));
  }
  const Answer answer = Send(*engine_, shop_, batch, {.atomic = true, .want_events = false}).get();
  ASSERT_TRUE(answer.outcomes[999].accepted());
  EXPECT_EQ(journal_.group_sizes().back(), 1'000U);
}

TEST_F(RepetitionTest, ADryRunTellsWhatWouldHappen) {
  v1::Command command = CreateParcel(next_++, "shop", "a");
  command.mutable_create_agreement()->set_validate_only(true);
  const std::uint64_t before = journal_.tail().sequence;
  const Answer dry = Send(*engine_, shop_, {command}, {.atomic = false, .want_events = true}).get();
  EXPECT_TRUE(dry.outcomes[0].accepted());
  EXPECT_EQ(dry.outcomes[0].first_sequence, 0U);
  ASSERT_EQ(dry.events[0].size(), 2U);
  v1::Event event;
  ASSERT_TRUE(event.ParseFromString(dry.events[0][0]));
  EXPECT_TRUE(event.has_agreement_created());
  EXPECT_EQ(journal_.tail().sequence, before);
  command.mutable_create_agreement()->set_validate_only(false);
  EXPECT_TRUE(Execute(shop_, command).accepted());
}

TEST_F(RepetitionTest, FindReplyReadsTheStoredReply) {
  const v1::Command command = CreateParcel(next_++, "shop", "a");
  const std::string id = command.create_agreement().request_id();
  absl::StatusOr<StoredReply> reply = FindReply(*engine_, shop_, id);
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->outcome.reason, v1::REASON_REQUEST_NOT_FOUND);

  const Answer first = Send(*engine_, shop_, {command}, {.atomic = false, .want_events = true}).get();
  reply = FindReply(*engine_, shop_, id);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_TRUE(reply->outcome.repeated);
  EXPECT_EQ(reply->outcome.name, first.outcomes[0].name);
  EXPECT_EQ(reply->outcome.last_sequence, first.outcomes[0].last_sequence);
  EXPECT_EQ(reply->log_time, first.log_times[0]);
  EXPECT_EQ(reply->events, first.events[0]);
  EXPECT_EQ(FindReply(*engine_, operator_, id)->outcome.reason, v1::REASON_REQUEST_NOT_FOUND);

  const v1::Command burnt = RecordDeposit(next_++, "platforms/shop/agreements/none", 100);
  const core::Outcome refused = Execute(shop_, burnt);
  reply = FindReply(*engine_, shop_, burnt.record_deposit().request_id());
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->outcome.reason, v1::REASON_AGREEMENT_NOT_FOUND);
  EXPECT_EQ(reply->outcome.variables, refused.variables);
  EXPECT_EQ(reply->outcome.first_sequence, refused.first_sequence);
}

}  // namespace
}  // namespace escrow::engine
