// Restarts: the state comes back as it was, from zero, from snapshots and their tails; damage is found and named.

#include "engine/recovery.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crypto/sha256.h"
#include "engine/replayer.h"
#include "journal/rocks/rocks_journal.h"
#include "support/temp_folder.h"
#include "support/whole_snapshot.h"
#include "unit/engine/fixture.h"

namespace escrow::engine {
namespace {

using escrow::test::Confirm;
using escrow::test::CreateParcel;
using escrow::test::RecordDeposit;

class RecoveryTest : public EngineTest {
 protected:
  // `count` parcels on the way from order to receipt, each stopping one step further than the one before.
  void RunParcels(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string id = "parcel-" + std::to_string(next_);
      const std::string name = "platforms/shop/agreements/" + id;
      const std::vector<v1::Command> steps = {
          CreateParcel(next_, "shop", id), RecordDeposit(next_ + 1, name, 10'000),
          Confirm(next_ + 2, name, v1::CONFIRMATION_KIND_SHIPMENT, "platforms/shop/parties/seller"),
          Confirm(next_ + 3, name, v1::CONFIRMATION_KIND_RECEIPT, "platforms/shop/parties/buyer")};
      next_ += steps.size();
      for (std::size_t step = 0; step < steps.size() && step <= static_cast<std::size_t>(i) % 4; ++step) {
        const core::Outcome outcome = Execute(shop_, steps[step]);
        ASSERT_TRUE(outcome.accepted()) << v1::Reason_Name(outcome.reason);
      }
    }
  }
};

TEST_F(RecoveryTest, ARestartFindsTheSameState) {
  Open();
  MakeShop();
  RunParcels(12);
  const journal::Hash before = Digest();
  EXPECT_EQ(ReplayedDigest(), before);
  Reopen();
  EXPECT_EQ(Digest(), before);
  RunParcels(4);
  EXPECT_EQ(ReplayedDigest(), Digest());
}

TEST_F(RecoveryTest, ASnapshotAndItsTailGiveTheSameStateAsReplayFromZero) {
  options_.snapshot_events = 10;
  Open();
  MakeShop();
  RunParcels(20);
  ASSERT_TRUE(engine_->Snapshot().ok());
  EXPECT_EQ(engine_->watermarks().snapshot_sequence, engine_->watermarks().durable_sequence);
  RunParcels(3);
  const journal::Hash before = Digest();
  // As a crash would leave it: without the snapshot of an orderly end.
  const auto recovered = Recover(journal_, clock_, {}, NoProgress);
  ASSERT_TRUE(recovered.ok()) << recovered.status();
  EXPECT_GT(recovered->snapshots.sequence, 0U);
  EXPECT_LT(recovered->snapshots.sequence, journal_.tail().sequence);
  EXPECT_EQ(StateDigest(*recovered->machine), before);
  EXPECT_EQ(ReplayedDigest(), before);
  EXPECT_EQ(std::ranges::count_if(journal_.Snapshots(), &journal::SnapshotInfo::whole), 2);
}

TEST_F(RecoveryTest, AnOrderlyEndLeavesNothingToReplay) {
  Open();
  MakePlatforms(5);
  Close();
  ASSERT_EQ(journal_.Snapshots().size(), 1U);
  EXPECT_EQ(journal_.Snapshots()[0].sequence, journal_.tail().sequence);
  Open();
  Close();
  EXPECT_EQ(journal_.Snapshots().size(), 1U) << "nothing happened, so there is nothing to save";
}

TEST_F(RecoveryTest, ProgressComesToItsEnd) {
  Open();
  MakePlatforms(5);
  std::uint64_t replayed = 0;
  std::uint64_t to_replay = 0;
  const auto result = ReplayFromZero(journal_, 6, [&](std::uint64_t done, std::uint64_t all) {
    replayed = done;
    to_replay = all;
  });
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(replayed, 6U);
  EXPECT_EQ(to_replay, 6U);
  EXPECT_EQ(result->root, journal_.tail().root);
}

TEST_F(RecoveryTest, ReplayStopsWhereItIsTold) {
  Open();
  MakePlatforms(2);
  const journal::Hash middle = Digest();
  MakePlatforms(2);
  const auto result = ReplayFromZero(journal_, 3, NoProgress);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->digest, middle);
}

// Goal: a snapshot that is not what it says is not used, whatever is wrong with it, and nothing is lost.
TEST_F(RecoveryTest, FallsBackFromDamagedSnapshots) {
  Open();
  MakeShop();
  RunParcels(4);
  ASSERT_TRUE(engine_->Snapshot().ok());
  const std::uint64_t older = engine_->watermarks().snapshot_sequence;
  RunParcels(4);
  ASSERT_TRUE(engine_->Snapshot().ok());
  RunParcels(1);
  const journal::Hash before = Digest();
  const journal::SnapshotInfo newest = memory_.Snapshots().at(0);
  const std::string bytes = *memory_.ReadSnapshot(newest.sequence);

  std::string flipped = bytes;
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 1);
  journal::SnapshotInfo wrong_root = newest;
  wrong_root.root[0] ^= 1;
  journal::SnapshotInfo wrong_edge = newest;
  wrong_edge.right_edge.pop_back();
  journal::SnapshotInfo no_state = newest;
  no_state.digest = crypto::Sha256Of("not a state");
  const std::pair<journal::SnapshotInfo, std::string> damages[] = {
      {newest, flipped}, {wrong_root, bytes}, {wrong_edge, bytes}, {no_state, "not a state"}};
  for (const auto& [info, damaged] : damages) {
    ASSERT_TRUE(test::WriteSnapshot(memory_, info, damaged).ok());
    const auto recovered = Recover(journal_, clock_, {}, NoProgress);
    ASSERT_TRUE(recovered.ok()) << recovered.status();
    EXPECT_EQ(recovered->snapshots.sequence, older);
    EXPECT_EQ(StateDigest(*recovered->machine), before);
  }
  // The older damaged, on which the newest builds: from zero.
  ASSERT_TRUE(test::WriteSnapshot(memory_, newest, bytes).ok());
  ASSERT_TRUE(test::WriteSnapshot(memory_, memory_.Snapshots().at(1), "not a state").ok());
  const auto recovered = Recover(journal_, clock_, {}, NoProgress);
  ASSERT_TRUE(recovered.ok()) << recovered.status();
  EXPECT_EQ(recovered->snapshots.sequence, 0U);
  EXPECT_EQ(StateDigest(*recovered->machine), before);
}

// A snapshot of changes that names another base than the one that is there, or none that is there.
TEST_F(RecoveryTest, ChangesAreTakenOnlyWithTheBaseThatTheyName) {
  Open();
  MakeShop();
  RunParcels(4);
  ASSERT_TRUE(engine_->Snapshot().ok());
  RunParcels(1);
  ASSERT_TRUE(engine_->Snapshot().ok());
  const std::vector<journal::SnapshotInfo> snapshots = memory_.Snapshots();
  ASSERT_EQ(snapshots.size(), 2U);
  ASSERT_EQ(snapshots[0].base_sequence, snapshots[1].sequence);
  ASSERT_TRUE(snapshots[1].whole());
  const std::string bytes = *memory_.ReadSnapshot(snapshots[0].sequence);
  journal::SnapshotInfo other_digest = snapshots[0];
  other_digest.base_digest[0] ^= 1;
  journal::SnapshotInfo not_there = snapshots[0];
  not_there.base_sequence -= 1;
  journal::SnapshotInfo itself = snapshots[0];
  itself.base_sequence = itself.sequence;
  itself.base_digest = itself.digest;
  journal::SnapshotInfo said_to_be_whole = snapshots[0];
  said_to_be_whole.base_sequence = 0;
  for (const journal::SnapshotInfo& info : {other_digest, not_there, itself, said_to_be_whole}) {
    ASSERT_TRUE(test::WriteSnapshot(memory_, info, bytes).ok());
    const auto recovered = Recover(journal_, clock_, {}, NoProgress);
    ASSERT_TRUE(recovered.ok()) << recovered.status();
    EXPECT_EQ(recovered->snapshots.sequence, snapshots[1].sequence);
    EXPECT_EQ(StateDigest(*recovered->machine), Digest());
  }
}

// Goal: a start never needs more than half as much again as the whole state, and each whole snapshot begins anew.
TEST_F(RecoveryTest, ASeriesOfSnapshotsEndsWhenItsChangesAreHalfOfTheState) {
  Open();
  MakeShop();
  RunParcels(30);
  ASSERT_TRUE(engine_->Snapshot().ok());
  int whole = 0;
  int changes = 0;
  for (int i = 0; i < 60; ++i) {
    RunParcels(1);
    const SnapshotSeries before = Recover(journal_, clock_, {}, NoProgress)->snapshots;
    ASSERT_TRUE(engine_->Snapshot().ok());
    const journal::SnapshotInfo newest = memory_.Snapshots().front();
    EXPECT_EQ(newest.sequence, journal_.tail().sequence);
    const bool is_long = before.changes_bytes >= before.whole_bytes / 2 || before.changes_count >= 32;
    EXPECT_EQ(newest.whole(), is_long);
    ++(newest.whole() ? whole : changes);
    if (newest.whole()) {
      EXPECT_GT(memory_.ReadSnapshot(newest.sequence)->size(), before.whole_bytes);
    }
  }
  EXPECT_GE(whole, 2);
  EXPECT_GE(changes, 20);
  const auto recovered = Recover(journal_, clock_, {}, NoProgress);
  ASSERT_TRUE(recovered.ok()) << recovered.status();
  EXPECT_EQ(StateDigest(*recovered->machine), Digest());
  EXPECT_EQ(ReplayedDigest(), Digest());
}

// A server that was started again goes on with the series that it found.
TEST_F(RecoveryTest, ARestartGoesOnWithTheSnapshotsBeforeIt) {
  Open();
  MakeShop();
  RunParcels(20);
  Close();
  ASSERT_EQ(memory_.Snapshots().size(), 1U);
  for (std::size_t starts = 1; starts <= 3; ++starts) {
    Open();
    RunParcels(1);
    const journal::Hash before = Digest();
    Close();
    ASSERT_EQ(memory_.Snapshots().size(), 1 + starts);
    EXPECT_FALSE(memory_.Snapshots().front().whole());
    const auto recovered = Recover(journal_, clock_, {}, NoProgress);
    ASSERT_TRUE(recovered.ok()) << recovered.status();
    EXPECT_EQ(recovered->snapshots.sequence, journal_.tail().sequence);
    EXPECT_EQ(recovered->snapshots.changes_count, starts);
    EXPECT_EQ(StateDigest(*recovered->machine), before);
  }
}

struct ChangeRow {
  const char* what;
  void (*change)(std::string&);
};

template <class Change>
void ChangeEvent(std::string& bytes, Change change) {
  v1::Event event;
  ASSERT_TRUE(event.ParseFromString(bytes));
  change(event);
  bytes = event.SerializeAsString();
}

const ChangeRow kChanges[] = {
    {"a field",
     [](std::string& bytes) {
       ChangeEvent(bytes,
                   [](v1::Event& e) { e.mutable_command()->mutable_create_platform()->set_platform_id("other"); });
     }},
    {"the position", [](std::string& bytes) { ChangeEvent(bytes, [](v1::Event& e) { e.set_sequence(7); }); }},
    {"a contradiction of the state, on which the machine would abort",
     [](std::string& bytes) { ChangeEvent(bytes, [](v1::Event& e) { e.mutable_milestone_released(); }); }},
    {"the form", [](std::string& bytes) { bytes = "\xff"; }},
};

// Goal: an event that was changed, with a checksum to match, is found by the root of its group, before it is applied.
TEST_F(RecoveryTest, AChangedEventIsFound) {
  Open();
  MakePlatforms(6);
  for (const ChangeRow& row : kChanges) {
    journal_.ChangeEvent(4, row.change);
    const auto result = ReplayFromZero(journal_, journal_.tail().sequence, NoProgress);
    ASSERT_FALSE(result.ok()) << row.what;
    EXPECT_TRUE(absl::IsDataLoss(result.status()));
    EXPECT_EQ(result.status().message(),
              "events 4 to 4 are not those that were acknowledged: they give another Merkle root; first bad position: "
              "event 4; see deploy/runbooks/damaged-log.md")
        << row.what;
  }
}

// A log whose last six events are one group.
class GroupOfSixTest : public RecoveryTest {
 protected:
  void SetUp() override {
    Open();
    journal_.CloseGate();
    std::future<escrow::test::Answer> before = SendPlatforms(1);
    journal_.AwaitAppendAtGate();
    std::future<escrow::test::Answer> six = SendPlatforms(6);
    journal_.OpenGate();
    before.get();
    six.get();
    ASSERT_EQ(journal_.group_sizes(), (std::vector<std::size_t>{1, 1, 6}));
  }

 private:
  std::future<escrow::test::Answer> SendPlatforms(int count) {
    std::vector<v1::Command> commands;
    for (int i = 0; i < count; ++i) {
      const std::uint64_t number = next_++;
      commands.push_back(escrow::test::CreatePlatform(number, "p" + std::to_string(number)));
    }
    return escrow::test::Send(*engine_, operator_, std::move(commands));
  }
};

TEST_F(GroupOfSixTest, ReplayStopsWithinAGroup) {
  tlog::TreeHasher hasher;
  tlog::CompactRange tree;
  for (std::uint64_t through = 1; through <= 8; ++through) {
    tree.Append(hasher.Leaf(*journal_.ReadOne(through)), hasher);
    const auto result = ReplayFromZero(journal_, through, NoProgress);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->machine->last_sequence(), through);
    EXPECT_EQ(result->root, tree.Root(hasher));
  }
}

// Goal: a machine trusts what it is given, so it gets nothing of a group whose root has not been found right.
TEST_F(GroupOfSixTest, NoEventOfAChangedGroupIsAppliedBeforeItsRootIsChecked) {
  journal_.ChangeEvent(
      4, [](std::string& bytes) { ChangeEvent(bytes, [](v1::Event& e) { e.mutable_milestone_released(); }); });
  for (std::uint64_t through = 3; through <= 8; ++through) {
    const auto result = ReplayFromZero(journal_, through, NoProgress);
    ASSERT_TRUE(absl::IsDataLoss(result.status())) << result.status();
    EXPECT_TRUE(absl::StartsWith(result.status().message(), "events 3 to 8 are not those that were acknowledged"))
        << result.status();
  }
}

// Found by fuzzing (tests/fuzz/corpus/recovery/found-group-without-its-end): the changed event was applied, since the
// group's end, where it would have been found, was never read.
TEST_F(GroupOfSixTest, NoEventOfAGroupWithoutItsEndIsApplied) {
  journal_.ChangeEvent(
      4, [](std::string& bytes) { ChangeEvent(bytes, [](v1::Event& e) { e.mutable_milestone_released(); }); });
  for (std::uint64_t lost = 5; lost <= 8; ++lost) {
    journal_.LoseEvent(lost);
    const auto result = ReplayFromZero(journal_, 8, NoProgress);
    EXPECT_EQ(result.status(), absl::DataLossError("the test's disk lost an event"));
  }
}

// Goal: of a group with the right root, but not of this program's making, the first thing that is wrong is named, and
// what follows it, which replay has looked at by then, does not matter. Method: thirty platforms, one of which is
// another event, or none, at each place; and what follows is none either.
class ForeignGroupTest : public RecoveryTest {
 protected:
  void SetUp() override {
    Open();
    MakePlatforms(kEvents);
    Close();
    for (std::uint64_t sequence = 1; sequence <= kEvents + 1; ++sequence) {
      events_.push_back(*journal_.ReadOne(sequence));
    }
  }

  // Replays a log whose event at `position` is `foreign` and whose later ones are none.
  absl::Status Replay(std::size_t position, const std::string& foreign) {
    std::vector<std::string> events = events_;
    events[position - 1] = foreign;
    std::fill(events.begin() + static_cast<std::ptrdiff_t>(position), events.end(), "\xff");
    tlog::TreeHasher hasher;
    tlog::CompactRange tree;
    journal::Group group{.first_sequence = 1, .bytes = {}, .ends = {}};
    for (const std::string& event : events) {
      group.bytes += event;
      group.ends.push_back(static_cast<std::uint32_t>(group.bytes.size()));
      tree.Append(hasher.Leaf(event), hasher);
    }
    group.root = tree.Root(hasher);
    journal::MemoryJournal journal;
    EXPECT_TRUE(journal.Append(group).ok());
    return ReplayFromZero(journal, events.size(), NoProgress).status();
  }

  static constexpr int kEvents = 30;
  std::vector<std::string> events_;
};

TEST_F(ForeignGroupTest, TheFirstThatIsNoEventIsNamed) {
  for (std::size_t position = 1; position <= events_.size(); ++position) {
    const absl::Status status = Replay(position, "\xff");
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_TRUE(absl::StartsWith(status.message(), absl::StrCat("event ", position, " is not an event;"))) << status;
  }
}

TEST_F(ForeignGroupTest, AnEventAtAnotherPositionIsNamed) {
  for (std::size_t position = 2; position <= events_.size(); ++position) {
    const absl::Status status = Replay(position, events_.front());
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_TRUE(absl::StartsWith(status.message(), absl::StrCat("event ", position, " says that it is event 1;")))
        << status;
  }
}

// Goal: whichever bit of the log turns over, recovery refuses. Method: a machine that would accept anything is not
// consulted first; the bytes are checked by the tree.
TEST_F(RecoveryTest, EveryFlippedBitOfAnEventIsFound) {
  Open();
  MakePlatforms(2);
  const std::string original = *journal_.ReadOne(2);
  for (std::size_t bit = 0; bit < original.size() * 8; ++bit) {
    tlog::TreeHasher hasher;
    std::string flipped = original;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_NE(hasher.Leaf(flipped), hasher.Leaf(original));
  }
}

TEST_F(RecoveryTest, OpenRefusesAChangedLog) {
  Open();
  MakePlatforms(6);
  engine_->Drain();
  journal_.ChangeEvent(4, [](std::string& bytes) { bytes.back() = static_cast<char>(bytes.back() ^ 1); });
  // From zero, as without snapshots.
  const auto recovered = Recover(journal_, clock_, {}, NoProgress);
  EXPECT_TRUE(absl::IsDataLoss(recovered.status())) << recovered.status();
  EXPECT_NE(std::string(recovered.status().message()).find("event 4"), std::string::npos) << recovered.status();
}

TEST_F(RecoveryTest, RunsOnRocksDb) {
  const escrow::test::TempFolder folder;
  const journal::RocksOptions where{.directory = folder.path() + "/data", .create = true};
  journal::Hash before{};
  for (int round = 0; round < 3; ++round) {
    auto journal = journal::RocksJournal::Open(where);
    ASSERT_TRUE(journal.ok()) << journal.status();
    {
      auto opened = Engine::Open(options_, **journal, clock_, NoProgress);
      ASSERT_TRUE(opened.ok()) << opened.status();
      engine_ = *std::move(opened);
    }
    if (round == 0) {
      MakeShop();
    } else {
      EXPECT_EQ(Digest(), before);
    }
    RunParcels(8);
    before = Digest();
    const auto replayed = ReplayFromZero(**journal, engine_->watermarks().durable_sequence, NoProgress);
    ASSERT_TRUE(replayed.ok()) << replayed.status();
    EXPECT_EQ(replayed->digest, before);
    Close();
  }
}

}  // namespace
}  // namespace escrow::engine
