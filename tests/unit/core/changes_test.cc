#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "unit/core/scenario.h"

// Saves of what has changed since the save before: a whole one and they give the state that the last of them was begun
// with.
namespace escrow::core::test {
namespace {

bool LoadAll(Machine& machine, const std::vector<std::string>& saves) {
  const std::vector<std::string_view> views(saves.begin(), saves.end());
  return machine.Load(views);
}

std::string SaveAtOnce(Machine& machine, SaveExtent extent) {
  std::string save;
  machine.BeginSave(extent);
  while (!machine.ContinueSave(1 << 20, [&save](std::string_view piece) { save.append(piece); })) {
  }
  return save;
}

// Applies the log of a world, with saves that go on between its events; the first is whole.
class Saver {
 public:
  // A save begins every `stride` events, and goes on by `bytes` with each event.
  Saver(const World& world, std::size_t stride, std::size_t bytes) : world_(world), stride_(stride), bytes_(bytes) {}

  // Until `events` have been applied.
  void Run(std::size_t events) {
    for (; applied_ < events; ++applied_) {
      if (applied_ % stride_ == 0 && applied_ > 0) {
        Finish();
        Begin();
      }
      machine.Apply(world_.log()[applied_]);
      if (saving_) {
        saving_ = !machine.ContinueSave(bytes_, Sink());
      }
    }
    Finish();
  }

  Machine machine;
  std::vector<std::string> saves;
  std::string expected;  // the state at the beginning of the last save

 private:
  std::function<void(std::string_view)> Sink() {
    return [this](std::string_view piece) { saves.back().append(piece); };
  }
  void Begin() {
    expected = SaveToString(machine);
    machine.BeginSave(saves.empty() ? SaveExtent::kWhole : SaveExtent::kChanges);
    saves.emplace_back();
    saving_ = true;
  }
  void Finish() {
    while (saving_) {
      saving_ = !machine.ContinueSave(bytes_, Sink());
    }
  }

  const World& world_;
  const std::size_t stride_;
  const std::size_t bytes_;
  std::size_t applied_ = 0;
  bool saving_ = false;
};

TEST(ChangesTest, SavesThatFollowEachOtherGiveTheStateOfTheLast) {
  World world;
  TellStory(world);
  for (const std::size_t stride : {1U, 2U, 7U, 40U}) {
    for (const std::size_t bytes : {24U, 500U}) {
      Saver saver(world, stride, bytes);
      for (std::size_t events = stride + 1; events < world.log().size(); events += stride + world.log().size() / 12) {
        saver.Run(events);
        Machine machine;
        ASSERT_TRUE(LoadAll(machine, saver.saves)) << saver.saves.size() << " saves, stride " << stride;
        ASSERT_TRUE(SaveToString(machine) == saver.expected) << saver.saves.size() << " saves, stride " << stride;
        EXPECT_EQ(CheckLedger(machine.state()), "");
        for (std::size_t i = machine.last_sequence(); i < world.log().size(); ++i) {
          machine.Apply(world.log()[i]);
        }
        ASSERT_TRUE(SaveToString(machine) == world.Saved());
      }
    }
  }
}

TEST(ChangesTest, ChangesSinceTheBeginningAreAWholeSave) {
  World world;
  TellStory(world);
  Machine machine;
  for (const v1::Event& event : world.log()) {
    machine.Apply(event);
  }
  EXPECT_TRUE(SaveAtOnce(machine, SaveExtent::kChanges) == world.Saved());
}

TEST(ChangesTest, NothingChangedIsHardlyAnything) {
  World world;
  TellStory(world);
  std::vector<std::string> saves = {SaveAtOnce(world.machine(), SaveExtent::kWhole)};
  for (int i = 0; i < 3; ++i) {
    saves.push_back(SaveAtOnce(world.machine(), SaveExtent::kChanges));
    EXPECT_LT(saves.back().size(), saves.front().size() / 10);
  }
  Machine machine;
  ASSERT_TRUE(LoadAll(machine, saves));
  EXPECT_TRUE(SaveToString(machine) == world.Saved());
}

// A machine that was loaded goes on with the saves of the one before it.
TEST(ChangesTest, AreThoseSinceALoadToo) {
  World world;
  TellStory(world);
  const std::size_t middle = world.log().size() / 2;
  Saver saver(world, 10, 200);
  saver.Run(middle);
  Machine machine;
  ASSERT_TRUE(LoadAll(machine, saver.saves));
  for (std::size_t i = machine.last_sequence(); i < world.log().size(); ++i) {
    machine.Apply(world.log()[i]);
  }
  saver.saves.push_back(SaveAtOnce(machine, SaveExtent::kChanges));
  Machine again;
  ASSERT_TRUE(LoadAll(again, saver.saves));
  EXPECT_TRUE(SaveToString(again) == world.Saved());
}

// What was tried and taken back, before the save or while it goes on, is not in it.
TEST(ChangesTest, DoNotHaveWhatWasTakenBack) {
  World world;
  TellStory(world);
  std::vector<std::string> saves = {SaveAtOnce(world.machine(), SaveExtent::kWhole)};
  std::string expected;
  const v1::Principal actor = OfPlatform();
  const v1::Command deposit = With(Deposit("open", 50, "d9"), "request_id", world.NextRequestId());
  const v1::Command late = With(CreateParty("late"), "request_id", world.NextRequestId());
  const v1::Command refused = With(Confirm("nowhere", "m1", kReceipt, "buyer"), "request_id", world.NextRequestId());
  const Request batch[] = {{&deposit, &actor}, {&late, &actor}, {&refused, &actor}};
  for (int round = 0; round < 2; ++round) {
    EventBuffer events;
    EXPECT_FALSE(world.machine().ExecuteAtomic(batch, world.NextLogTime(), events)[0].accepted());
    saves.emplace_back();
    expected = world.Saved();
    world.machine().BeginSave(SaveExtent::kChanges);
    EXPECT_FALSE(world.machine().ExecuteAtomic(batch, world.NextLogTime(), events)[0].accepted());
    while (!world.machine().ContinueSave(24, [&saves](std::string_view piece) { saves.back().append(piece); })) {
      EXPECT_FALSE(world.machine().ExecuteAtomic(batch, world.NextLogTime(), events)[0].accepted());
    }
  }
  Machine machine;
  ASSERT_TRUE(LoadAll(machine, saves));
  EXPECT_TRUE(SaveToString(machine) == expected);
  EXPECT_FALSE(machine.state().FindParty(PlatformSlot{0}, "late").has_value());
}

TEST(ChangesTest, SavesThatDoNotFollowEachOtherAreNotLoaded) {
  World world;
  TellStory(world);
  Saver saver(world, world.log().size() / 5, 100);
  saver.Run(world.log().size());
  const std::vector<std::string>& saves = saver.saves;
  ASSERT_GE(saves.size(), 4U);
  const std::vector<std::string> wrong[] = {{},
                                            {saves[1]},
                                            {saves[0], saves[0]},
                                            {saves[0], saves[2]},
                                            {saves[1], saves[0]},
                                            {saves[0], saves[1], saves[1]},
                                            {saves[0], saves[2], saves[1]},
                                            {saves[0], saves[1], saves[3]},
                                            {saves[0], saves[1], ""}};
  for (const std::vector<std::string>& some : wrong) {
    Machine machine;
    EXPECT_FALSE(LoadAll(machine, some)) << some.size() << " saves";
  }
  Machine machine;
  EXPECT_TRUE(LoadAll(machine, {saves[0], saves[1]}));
}

// As ReplayTest, DamagedSnapshotsDoNoHarm and WhatIsNotASnapshotIsNotLoaded: the last of three saves cut and damaged.
TEST(ChangesTest, DamagedChangesDoNoHarm) {
  World world;
  TellStory(world);
  Saver saver(world, world.log().size() / 3, 100);
  saver.Run(world.log().size());
  std::vector<std::string> saves(saver.saves.begin(), saver.saves.begin() + 3);
  const std::string last = saves.back();
  for (std::size_t size = 0; size < last.size(); size += size < 100 ? 1 : 37) {
    saves.back() = last.substr(0, size);
    Machine machine;
    EXPECT_FALSE(LoadAll(machine, saves)) << size << " of " << last.size() << " bytes";
  }
  for (std::size_t i = 0; i < last.size(); ++i) {
    for (const char damage : {'\x01', '\x80', '\xff'}) {
      saves.back() = last;
      saves.back()[i] = static_cast<char>(last[i] ^ damage);
      Machine machine;
      static_cast<void>(LoadAll(machine, saves));
    }
  }
}

}  // namespace
}  // namespace escrow::core::test
