// What every journal must do, whatever it is made of.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "journal/journal.h"
#include "journal/memory/memory_journal.h"
#include "journal/rocks/rocks_journal.h"
#include "support/temp_folder.h"
#include "support/whole_snapshot.h"
#include "unit/journal/groups.h"

namespace escrow::journal {
namespace {

// How to make a journal, and to make it again with what it had kept.
struct MemoryMaker {
  Journal& journal() { return journal_; }
  void Reopen() {}

 private:
  MemoryJournal journal_;
};

struct RocksMaker {
  RocksMaker() { Reopen(); }
  Journal& journal() { return *journal_; }
  void Reopen() {
    journal_.reset();
    auto opened = RocksJournal::Open({.directory = folder_.path() + "/data", .create = true});
    ESCROW_ASSERT(opened.ok());
    journal_ = *std::move(opened);
  }

 private:
  escrow::test::TempFolder folder_;
  std::unique_ptr<RocksJournal> journal_;
};

template <class Maker>
class JournalContractTest : public testing::Test {
 protected:
  Journal& journal() { return maker_.journal(); }
  void Append(std::size_t count) { ASSERT_TRUE(journal().Append(groups_.Make(count)).ok()); }

  std::vector<std::uint64_t> ReadFrom(std::uint64_t first) {
    std::vector<std::uint64_t> seen;
    const absl::Status status = journal().Read(first, [&](std::uint64_t sequence, std::string_view bytes) {
      EXPECT_EQ(bytes, test::GroupMaker::EventAt(sequence));
      seen.push_back(sequence);
      return true;
    });
    EXPECT_TRUE(status.ok()) << status;
    return seen;
  }

  Maker maker_;
  test::GroupMaker groups_;
};

using Makers = testing::Types<MemoryMaker, RocksMaker>;
TYPED_TEST_SUITE(JournalContractTest, Makers);

TYPED_TEST(JournalContractTest, BeginsEmpty) {
  EXPECT_EQ(this->journal().tail().sequence, 0U);
  EXPECT_EQ(this->journal().tail().root, tlog::TreeHasher().EmptyRoot());
  EXPECT_TRUE(this->ReadFrom(1).empty());
  EXPECT_TRUE(absl::IsNotFound(this->journal().ReadOne(1).status()));
  EXPECT_TRUE(this->journal().Snapshots().empty());
}

TYPED_TEST(JournalContractTest, KeepsGroupsInOrder) {
  this->Append(3);
  this->Append(1);
  const Group last = this->groups_.Make(2);
  ASSERT_TRUE(this->journal().Append(last).ok());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(this->journal().tail().sequence, 6U);
    EXPECT_EQ(this->journal().tail().root, last.root);
    EXPECT_EQ(this->ReadFrom(1), (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(this->ReadFrom(5), (std::vector<std::uint64_t>{5, 6}));
    EXPECT_TRUE(this->ReadFrom(7).empty());
    this->maker_.Reopen();
  }
}

TYPED_TEST(JournalContractTest, GoesOnAfterAReopen) {
  this->Append(3);
  this->maker_.Reopen();
  this->Append(2);
  this->maker_.Reopen();
  EXPECT_EQ(this->ReadFrom(1).size(), 5U);
}

TYPED_TEST(JournalContractTest, KeepsAnyBytes) {
  const std::vector<std::string> events = {"", std::string("\0\xff\0", 3), std::string(65'535, 'x')};
  ASSERT_TRUE(this->journal().Append(this->groups_.Make(events)).ok());
  this->maker_.Reopen();
  for (std::uint64_t sequence = 1; sequence <= events.size(); ++sequence) {
    const absl::StatusOr<std::string> event = this->journal().ReadOne(sequence);
    ASSERT_TRUE(event.ok()) << event.status();
    EXPECT_EQ(*event, events[sequence - 1]);
  }
  EXPECT_TRUE(absl::IsNotFound(this->journal().ReadOne(0).status()));
  EXPECT_TRUE(absl::IsNotFound(this->journal().ReadOne(4).status()));
}

TYPED_TEST(JournalContractTest, AVisitorStops) {
  this->Append(10);
  int seen = 0;
  EXPECT_TRUE(this->journal()
                  .Read(3,
                        [&](std::uint64_t sequence, std::string_view) {
                          ++seen;
                          return sequence < 5;
                        })
                  .ok());
  EXPECT_EQ(seen, 3);
}

TYPED_TEST(JournalContractTest, ReplayShowsTheGroups) {
  const Group one = this->groups_.Make(3);
  const Group two = this->groups_.Make(2);
  ASSERT_TRUE(this->journal().Append(one).ok());
  ASSERT_TRUE(this->journal().Append(two).ok());
  this->maker_.Reopen();
  for (const std::uint64_t first : {1U, 3U, 4U}) {
    std::vector<std::string> seen;
    ASSERT_TRUE(this->journal()
                    .Replay(
                        first,
                        [&](std::uint64_t sequence, std::string_view) {
                          seen.push_back(std::to_string(sequence));
                          return true;
                        },
                        [&](const Tail& end) {
                          EXPECT_EQ(end.root, end.sequence == 3 ? one.root : two.root);
                          seen.push_back("end" + std::to_string(end.sequence));
                          return true;
                        })
                    .ok());
    std::vector<std::string> expected = {"1", "2", "3", "end3", "4", "5", "end5"};
    expected.erase(expected.begin(), expected.begin() + (first == 4 ? 4 : static_cast<int>(first) - 1));
    EXPECT_EQ(seen, expected) << "from " << first;
  }
}

TYPED_TEST(JournalContractTest, ReplayStopsAtAGroup) {
  this->Append(2);
  this->Append(2);
  int events = 0;
  ASSERT_TRUE(this->journal()
                  .Replay(
                      1,
                      [&](std::uint64_t, std::string_view) {
                        ++events;
                        return true;
                      },
                      [](const Tail&) { return false; })
                  .ok());
  EXPECT_EQ(events, 2);
}

TYPED_TEST(JournalContractTest, KeepsTheTwoNewestSnapshots) {
  std::vector<std::pair<SnapshotInfo, std::string>> written;
  for (char letter = 'a'; letter <= 'd'; ++letter) {
    this->Append(5);
    // More than two chunks, and a last chunk that is full in one case.
    const std::string bytes((2 << 20) + (letter == 'd' ? 0 : 17), letter);
    written.emplace_back(this->groups_.Info(bytes), bytes);
    ASSERT_TRUE(escrow::test::WriteSnapshot(this->journal(), written.back().first, bytes).ok());
  }
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(this->journal().Snapshots(), (std::vector<SnapshotInfo>{written[3].first, written[2].first}));
    for (const std::size_t kept : {2U, 3U}) {
      const absl::StatusOr<std::string> bytes = this->journal().ReadSnapshot(written[kept].first.sequence);
      ASSERT_TRUE(bytes.ok()) << bytes.status();
      EXPECT_EQ(*bytes, written[kept].second);
    }
    EXPECT_TRUE(absl::IsNotFound(this->journal().ReadSnapshot(5).status()));
    EXPECT_EQ(this->ReadFrom(1).size(), 20U);
    this->maker_.Reopen();
  }
}

// What builds on a whole snapshot stays and goes with it.
TYPED_TEST(JournalContractTest, KeepsTheTwoNewestWholeSnapshotsWithWhatBuildsOnThem) {
  std::vector<SnapshotInfo> written;
  for (const char kind : std::string_view("wccwccwcc")) {
    this->Append(2);
    SnapshotInfo info = this->groups_.Info("state");
    if (kind == 'c') {
      info.base_sequence = written.back().sequence;
      info.base_digest = written.back().digest;
    }
    ASSERT_TRUE(escrow::test::WriteSnapshot(this->journal(), info, "state").ok());
    written.push_back(info);
    const std::size_t forgotten = written.size() < 7 ? 0 : 3;
    for (int round = 0; round < 2; ++round) {
      std::vector<SnapshotInfo> kept(written.begin() + static_cast<std::ptrdiff_t>(forgotten), written.end());
      std::ranges::reverse(kept);
      EXPECT_EQ(this->journal().Snapshots(), kept) << written.size() << " written";
      this->maker_.Reopen();
    }
  }
}

TYPED_TEST(JournalContractTest, ASnapshotReplacesOneOfTheSamePosition) {
  this->Append(5);
  const std::string first = std::string(3 << 20, 'x');
  const std::string second = "shorter";
  ASSERT_TRUE(escrow::test::WriteSnapshot(this->journal(), this->groups_.Info(first), first).ok());
  ASSERT_TRUE(escrow::test::WriteSnapshot(this->journal(), this->groups_.Info(second), second).ok());
  EXPECT_EQ(this->journal().Snapshots(), (std::vector<SnapshotInfo>{this->groups_.Info(second)}));
  EXPECT_EQ(*this->journal().ReadSnapshot(5), second);
}

TYPED_TEST(JournalContractTest, AnchorsAndTellsTheRoomLeft) {
  this->Append(1);
  EXPECT_TRUE(this->journal().WriteAnchor().ok());
  this->Append(1);
  EXPECT_TRUE(this->journal().WriteAnchor().ok());
  EXPECT_TRUE(this->journal().WriteAnchor().ok());
  this->maker_.Reopen();
  EXPECT_GT(*this->journal().FreeBytes(), 0U);
}

}  // namespace
}  // namespace escrow::journal
