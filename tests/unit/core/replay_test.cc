#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/core/scenario.h"

// The state is a function of the log: from zero, from a snapshot, and while it goes on.
namespace escrow::core::test {
namespace {

TEST(ReplayTest, TheStoryHasEveryKindOfEvent) {
  World world;
  TellStory(world);
  std::vector<int> kinds;
  for (int kind = v1::EventKind_MIN + 1; kind <= v1::EventKind_MAX; ++kind) {
    if (v1::EventKind_IsValid(kind)) {
      kinds.push_back(kind);
    }
  }
  EXPECT_EQ(FactsOf(world), kinds);
}

TEST(ReplayTest, EqualCallsGiveEqualEventsAndEqualBytes) {
  World one;
  World two;
  TellStory(one);
  TellStory(two);
  ASSERT_EQ(one.log().size(), two.log().size());
  for (std::size_t i = 0; i < one.log().size(); ++i) {
    EXPECT_EQ(one.log()[i].SerializeAsString(), two.log()[i].SerializeAsString());
  }
  EXPECT_TRUE(one.Saved() == two.Saved());
}

// A snapshot at every position, then the tail.
TEST(ReplayTest, SnapshotAndTailFromEveryPosition) {
  World world;
  TellStory(world);
  Machine straight;
  for (std::size_t position = 0; position < world.log().size(); ++position) {
    straight.Apply(world.log()[position]);
    const std::string snapshot = SaveToString(straight);
    Machine machine;
    ASSERT_TRUE(machine.Load(snapshot));
    ASSERT_TRUE(SaveToString(machine) == snapshot);
    EXPECT_EQ(CheckLedger(machine.state()), "");
    for (std::size_t i = position + 1; i < world.log().size(); ++i) {
      machine.Apply(world.log()[i]);
    }
    ASSERT_TRUE(SaveToString(machine) == world.Saved()) << "snapshot after event " << position + 1;
  }
}

// A save that begins at every position and goes on a few bytes at a time, while the machine applies what follows.
TEST(ReplayTest, ASpreadSaveIsTheStateAtItsBeginning) {
  World world;
  TellStory(world);
  for (std::size_t position = 1; position < world.log().size(); position += 3) {
    Machine machine;
    for (std::size_t i = 0; i < position; ++i) {
      machine.Apply(world.log()[i]);
    }
    const std::string whole = SaveToString(machine);
    std::string spread;
    const auto sink = [&spread](std::string_view piece) { spread.append(piece); };
    machine.BeginSave(SaveExtent::kWhole);
    bool done = false;
    for (std::size_t i = position; i < world.log().size(); ++i) {
      machine.Apply(world.log()[i]);
      done = done || machine.ContinueSave(24, sink);
    }
    while (!done) {
      done = machine.ContinueSave(24, sink);
    }
    ASSERT_TRUE(spread == whole) << "save from event " << position;
  }
}

// What is tried and taken back, a dry run or an aborted batch, is not in a save that is under way.
TEST(ReplayTest, ASpreadSaveDoesNotSeeWhatIsTakenBack) {
  World world;
  TellStory(world);
  const std::string whole = world.Saved();
  std::string spread;
  const auto sink = [&spread](std::string_view piece) { spread.append(piece); };
  world.machine().BeginSave(SaveExtent::kWhole);
  const v1::Principal actor = OfPlatform();
  const v1::Command deposit = With(Deposit("open", 50, "d9"), "request_id", world.NextRequestId());
  const v1::Command late = With(CreateParty("late"), "request_id", world.NextRequestId());
  const v1::Command refused = With(Confirm("nowhere", "m1", kReceipt, "buyer"), "request_id", world.NextRequestId());
  const v1::Command dry = DryRun(With(Deposit("open", 50, "d8"), "request_id", world.NextRequestId()));
  EventBuffer events;
  EXPECT_TRUE(world.machine().Execute({&dry, &actor}, world.NextLogTime(), events).accepted());
  const Request batch[] = {{&deposit, &actor}, {&late, &actor}, {&refused, &actor}};
  EXPECT_FALSE(world.machine().ExecuteAtomic(batch, world.NextLogTime(), events)[0].accepted());
  while (!world.machine().ContinueSave(24, sink)) {
  }
  EXPECT_TRUE(spread == whole);
}

TEST(ReplayTest, ALoadedMachineGoesOnAsTheOneThatWasSaved) {
  World world;
  TellStory(world);
  Machine machine;
  ASSERT_TRUE(machine.Load(world.Saved()));
  EXPECT_EQ(machine.last_sequence(), world.machine().last_sequence());
  EXPECT_EQ(machine.last_log_time(), world.machine().last_log_time());
  EXPECT_EQ(machine.NextDeadline(), world.machine().NextDeadline());
  const v1::Principal actor = OfPlatform();
  for (v1::Command command : {Confirm("open", "m1", kReceipt, "buyer"), Deposit("open", 50, "d9"),
                              AdvanceClock(base::AddSeconds(world.now(), 400 * kDay)), CreateParty("late")}) {
    command = With(std::move(command), "request_id", world.NextRequestId());
    const base::Time log_time = world.NextLogTime();
    EventBuffer expected;
    EventBuffer events;
    const Outcome outcome = world.machine().Execute({&command, &actor}, log_time, expected);
    EXPECT_EQ(machine.Execute({&command, &actor}, log_time, events).reason, outcome.reason);
    ASSERT_EQ(events.size(), expected.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
      EXPECT_EQ(events[i].SerializeAsString(), expected[i].SerializeAsString());
    }
  }
  EventBuffer expected;
  EventBuffer events;
  const base::Time log_time = world.NextLogTime();
  EXPECT_EQ(machine.Expire(log_time, 100, events), world.machine().Expire(log_time, 100, expected));
  EXPECT_GT(events.size(), 0U);
  EXPECT_TRUE(SaveToString(machine) == world.Saved());
}

TEST(ReplayTest, RequestIdsAreRememberedAcrossASnapshot) {
  World world;
  ASSERT_EQ(world.Run(Create("a", Contract({Step("m1", 100)}))), "OK");
  v1::Command confirm = With(Confirm("a", "m1", kReceipt, "buyer"), "request_id", world.NextRequestId());
  ASSERT_EQ(world.Run(confirm), "MILESTONE_NOT_FUNDED");
  const std::uint64_t first = world.outcome().first_sequence;
  Machine machine;
  ASSERT_TRUE(machine.Load(world.Saved()));
  EventBuffer events;
  const v1::Principal actor = OfPlatform();
  const Outcome outcome = machine.Execute({&confirm, &actor}, world.NextLogTime(), events);
  EXPECT_TRUE(outcome.repeated);
  EXPECT_EQ(outcome.first_sequence, first);
}

TEST(ReplayTest, WhatIsNotASnapshotIsNotLoaded) {
  World world;
  TellStory(world);
  const std::string saved = world.Saved();
  for (std::size_t size = 0; size < saved.size(); size += size < 100 ? 1 : 37) {
    Machine machine;
    EXPECT_FALSE(machine.Load(std::string_view(saved).substr(0, size))) << size << " of " << saved.size() << " bytes";
  }
  Machine machine;
  EXPECT_FALSE(machine.Load(saved + "x"));
  EXPECT_FALSE(machine.Load(std::string(1'000, '\xff')));
}

// Damaged bytes may be refused or not (the journal's digest finds them), but they never break the process.
TEST(ReplayTest, DamagedSnapshotsDoNoHarm) {
  World world;
  TellStory(world);
  const std::string saved = world.Saved();
  for (std::size_t i = 0; i < saved.size(); ++i) {
    for (const char damage : {'\x01', '\x80', '\xff'}) {
      std::string bytes = saved;
      bytes[i] = static_cast<char>(bytes[i] ^ damage);
      Machine machine;
      static_cast<void>(machine.Load(bytes));
    }
  }
}

TEST(ReplayTest, TimesOfEvents) {
  World world;
  TellStory(world);
  google::protobuf::Timestamp last;
  for (const v1::Event& event : world.log()) {
    const auto as_pair = [](const google::protobuf::Timestamp& time) {
      return std::pair(time.seconds(), time.nanos());
    };
    EXPECT_LE(as_pair(last), as_pair(event.log_time()));
    if (event.has_command()) {
      EXPECT_LT(as_pair(last), as_pair(event.log_time())) << "two commands at one time";
    }
    last = event.log_time();
  }
}

TEST(ReplayTest, EventsOfAnAgreementAreLinked) {
  World world;
  TellStory(world);
  std::map<std::string, std::uint64_t> last;
  for (const v1::Event& event : world.log()) {
    if (!event.agreement_id().empty()) {
      std::uint64_t& previous = last[event.agreement_id()];
      EXPECT_EQ(event.previous_sequence(), previous) << event.ShortDebugString();
      previous = event.sequence();
    }
  }
  for (const auto& [id, sequence] : last) {
    if (world.state().FindAgreement(world.state().FindPlatform("shop").value(), id).has_value()) {
      EXPECT_EQ(world.Get(id).last_sequence, sequence);
    }
  }
}

}  // namespace
}  // namespace escrow::core::test
