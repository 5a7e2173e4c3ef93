// Damage, and everything else that RocksJournal must refuse to serve.

#include "journal/rocks/rocks_journal.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "journal/rocks/anchor.h"
#include "journal/rocks/database.h"
#include "journal/rocks/format.h"
#include "journal/rocks/options.h"
#include "support/temp_folder.h"
#include "support/whole_snapshot.h"
#include "unit/journal/groups.h"

namespace escrow::journal {
namespace {

namespace fs = std::filesystem;

class RocksJournalTest : public testing::Test {
 protected:
  [[nodiscard]] absl::StatusOr<std::unique_ptr<RocksJournal>> Open(RocksOptions options = {}) {
    options.directory = directory();
    return RocksJournal::Open(options);
  }
  [[nodiscard]] std::string directory() const { return folder_.path() + "/data"; }

  // A log of `groups` groups of two events each, anchored at its end.
  void MakeLog(int groups) {
    auto journal = Open({.create = true});
    ASSERT_TRUE(journal.ok()) << journal.status();
    for (int i = 0; i < groups; ++i) {
      ASSERT_TRUE((*journal)->Append(groups_.Make(2)).ok());
    }
    ASSERT_TRUE((*journal)->WriteAnchor().ok());
  }

  // Changes rows behind the journal's back.
  void Tamper(const std::function<rocksdb::Status(rocks::Database&)>& change) {
    auto database = rocks::Database::Open(directory() + "/log", false);
    ASSERT_TRUE(database.ok()) << database.status();
    const rocksdb::Status status = change(**database);
    ASSERT_TRUE(status.ok()) << status.ToString();
  }

  void ExpectRefused(absl::StatusCode code, const std::string& words) {
    const auto journal = Open();
    ASSERT_FALSE(journal.ok());
    EXPECT_EQ(journal.status().code(), code) << journal.status();
    EXPECT_NE(std::string(journal.status().message()).find(words), std::string::npos) << journal.status();
  }

  escrow::test::TempFolder folder_;
  test::GroupMaker groups_;
};

std::string Key(std::uint64_t sequence) {
  const rocks::SequenceKey key = rocks::EncodeSequence(sequence);
  return {key.data(), key.size()};
}

TEST_F(RocksJournalTest, RefusesAMissingLogUnlessToldToCreateIt) {
  ExpectRefused(absl::StatusCode::kNotFound, "there is no log in");
  EXPECT_FALSE(fs::exists(directory()));
}

TEST_F(RocksJournalTest, RefusesASecondProcessOrOwner) {
  const auto first = Open({.create = true});
  ASSERT_TRUE(first.ok());
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "is in use by another process");
}

TEST_F(RocksJournalTest, RefusesAnotherFormat) {
  MakeLog(1);
  Tamper([](rocks::Database& d) { return d.db().Put({}, d.meta(), rocks::Slice(rocks::kFormatVersionKey), "3"); });
  ExpectRefused(absl::StatusCode::kUnimplemented, "has format 3");
}

TEST_F(RocksJournalTest, RefusesALogThatLostItsFormat) {
  MakeLog(1);
  Tamper([](rocks::Database& d) { return d.db().Delete({}, d.meta(), rocks::Slice(rocks::kFormatVersionKey)); });
  ExpectRefused(absl::StatusCode::kDataLoss, "has lost its format");
  EXPECT_FALSE(Open({.create = true}).ok());
}

TEST_F(RocksJournalTest, FinishesACreationThatWasCutOff) {
  // The database is there, the format is not written yet.
  ASSERT_TRUE(fs::create_directories(directory()));
  {
    ASSERT_TRUE(rocks::Database::Open(directory() + "/log", true).ok());
  }
  EXPECT_FALSE(Open().ok());
  EXPECT_TRUE(Open({.create = true}).ok());
  EXPECT_TRUE(Open().ok());
}

TEST_F(RocksJournalTest, RefusesALogWithoutItsLastEvent) {
  MakeLog(3);
  Tamper([](rocks::Database& d) { return d.db().Delete({}, d.events(), Key(6)); });
  ExpectRefused(absl::StatusCode::kDataLoss, "first bad position: event 6");
}

TEST_F(RocksJournalTest, RefusesALogWithoutItsFirstEvent) {
  MakeLog(3);
  Tamper([](rocks::Database& d) { return d.db().Delete({}, d.events(), Key(1)); });
  ExpectRefused(absl::StatusCode::kDataLoss, "first bad position: event 1");
}

TEST_F(RocksJournalTest, RefusesAMissingGroup) {
  MakeLog(3);
  Tamper([](rocks::Database& d) { return d.db().Delete({}, d.groups(), Key(4)); });
  ExpectRefused(absl::StatusCode::kDataLoss, "first bad position: event 3");
}

TEST_F(RocksJournalTest, RefusesAMissingLastGroup) {
  MakeLog(3);
  Tamper([](rocks::Database& d) { return d.db().Delete({}, d.groups(), Key(6)); });
  ExpectRefused(absl::StatusCode::kDataLoss,
                "the events of the log end at 6 but its groups end at 4; first bad position: event 5");
}

TEST_F(RocksJournalTest, RefusesADamagedGroup) {
  MakeLog(3);
  Tamper([](rocks::Database& d) { return d.db().Put({}, d.groups(), Key(4), std::string(48, 'x')); });
  ExpectRefused(absl::StatusCode::kDataLoss, "the group that holds event 3 is damaged; first bad position: event 3");
}

TEST_F(RocksJournalTest, ReadingFindsAMissingEvent) {
  MakeLog(3);
  Tamper([](rocks::Database& d) { return d.db().Delete({}, d.events(), Key(3)); });
  const auto journal = Open();
  ASSERT_TRUE(journal.ok()) << journal.status();
  const absl::Status status = (*journal)->Read(1, [](std::uint64_t, std::string_view) { return true; });
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_NE(std::string(status.message()).find("event 3 is missing"), std::string::npos) << status;
  EXPECT_TRUE(absl::IsDataLoss((*journal)->ReadOne(3).status()));
}

// Goal: whichever bit of a stored event turns over, reading it says so and names the position.
TEST_F(RocksJournalTest, ReadingFindsEveryFlippedBit) {
  MakeLog(1);
  std::string row;
  Tamper([&](rocks::Database& d) { return d.db().Get({}, d.events(), Key(2), &row); });
  for (std::size_t bit = 0; bit < row.size() * 8; bit += 5) {
    std::string damaged = row;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(rocks::DecodeEvent(damaged, rocks::EncodeSequence(2)).has_value()) << "bit " << bit;
  }
  // A row at another position than its own is damage, too.
  EXPECT_FALSE(rocks::DecodeEvent(row, rocks::EncodeSequence(3)).has_value());
  row[3] = static_cast<char>(row[3] ^ 0x10);
  Tamper([&](rocks::Database& d) { return d.db().Put({}, d.events(), Key(2), row); });
  const auto journal = Open();
  ASSERT_TRUE(journal.ok()) << journal.status();
  const absl::Status status = (*journal)->Read(1, [](std::uint64_t, std::string_view) { return true; });
  EXPECT_EQ(std::string(status.message()).find("event 2 fails its checksum"), 0U) << status;
}

// Goal: the write-ahead log with a flipped bit in its middle does not open as a shorter log.
TEST_F(RocksJournalTest, RefusesADamagedWriteAheadLog) {
  MakeLog(50);
  int damaged = 0;
  for (const fs::directory_entry& file : fs::directory_iterator(directory() + "/log")) {
    if (file.path().extension() == ".log" && file.file_size() > 2'000) {
      std::fstream stream(file.path(), std::ios::in | std::ios::out | std::ios::binary);
      stream.seekp(static_cast<std::streamoff>(file.file_size() / 2));
      stream.put('\x55');
      ++damaged;
    }
  }
  ASSERT_EQ(damaged, 1);
  ExpectRefused(absl::StatusCode::kDataLoss, "is damaged");
}

// Goal: a write-ahead log that lost its end opens in RocksDB, and only the anchor knows that more was acknowledged.
TEST_F(RocksJournalTest, TheAnchorRefusesALogThatLostItsEnd) {
  MakeLog(50);
  for (const fs::directory_entry& file : fs::directory_iterator(directory() + "/log")) {
    if (file.path().extension() == ".log" && file.file_size() > 2'000) {
      fs::resize_file(file.path(), file.file_size() - 100);
    }
  }
  ExpectRefused(absl::StatusCode::kDataLoss,
                "would roll back acknowledged history: the log ends at event 98 but had come");
  const auto journal = Open({.accept_rollback = true});
  ASSERT_TRUE(journal.ok()) << journal.status();
  EXPECT_EQ((*journal)->tail().sequence, 98U);
}

TEST_F(RocksJournalTest, TheAnchorRefusesAnOlderCopy) {
  MakeLog(3);
  fs::copy(directory() + "/log", folder_.path() + "/copy", fs::copy_options::recursive);
  {
    auto journal = Open();
    ASSERT_TRUE(journal.ok());
    ASSERT_TRUE((*journal)->Append(groups_.Make(1)).ok());
    ASSERT_TRUE((*journal)->WriteAnchor().ok());
  }
  fs::remove_all(directory() + "/log");
  fs::copy(folder_.path() + "/copy", directory() + "/log", fs::copy_options::recursive);
  ExpectRefused(absl::StatusCode::kDataLoss, "would roll back acknowledged history");
  EXPECT_TRUE(Open({.accept_rollback = true}).ok());
  EXPECT_TRUE(Open().ok());  // what was accepted once need not be accepted again
}

TEST_F(RocksJournalTest, TheAnchorRefusesALogThatWasReplaced) {
  MakeLog(3);
  fs::remove_all(directory() + "/log");
  EXPECT_FALSE(Open().ok());
  const auto made = Open({.create = true});
  ASSERT_FALSE(made.ok());
  EXPECT_TRUE(absl::IsDataLoss(made.status())) << made.status();
}

TEST_F(RocksJournalTest, TheAnchorRefusesAnotherHistoryOfTheSameLength) {
  MakeLog(3);
  const Hash other = crypto::Sha256Of("another history");
  Tamper([&](rocks::Database& d) {
    return d.db().Put({}, d.groups(), Key(6),
                      rocks::EncodeGroup({.first_sequence = 5, .last_sequence = 6, .root = other}));
  });
  ExpectRefused(absl::StatusCode::kDataLoss, "the log is not the one that was acknowledged");
}

TEST_F(RocksJournalTest, RefusesALostOrDamagedAnchor) {
  MakeLog(3);
  const std::string path = directory() + "/anchor";
  fs::resize_file(path, 0);
  ExpectRefused(absl::StatusCode::kDataLoss, "cannot tell whether acknowledged history was rolled back");
  fs::remove(path);
  ExpectRefused(absl::StatusCode::kDataLoss, "cannot tell whether acknowledged history was rolled back");
  EXPECT_TRUE(Open({.accept_rollback = true}).ok());
}

TEST_F(RocksJournalTest, RefusesALogThatEndsBeforeItsSnapshot) {
  MakeLog(3);
  {
    auto journal = Open();
    ASSERT_TRUE(journal.ok());
    ASSERT_TRUE(escrow::test::WriteSnapshot(**journal, groups_.Info("state"), "state").ok());
  }
  Tamper([](rocks::Database& d) {
    rocksdb::WriteBatch batch;
    for (const std::uint64_t sequence : {5U, 6U}) {
      const rocksdb::Status status = batch.Delete(d.events(), Key(sequence));
      EXPECT_TRUE(status.ok());
    }
    const rocksdb::Status status = batch.Delete(d.groups(), Key(6));
    EXPECT_TRUE(status.ok());
    return d.db().Write({}, &batch);
  });
  fs::remove(directory() + "/anchor");
  ExpectRefused(absl::StatusCode::kDataLoss, "cannot tell");
  {
    // The snapshot of the history that is given up goes with it.
    const auto journal = Open({.accept_rollback = true});
    ASSERT_TRUE(journal.ok()) << journal.status();
    EXPECT_EQ((*journal)->tail().sequence, 4U);
    EXPECT_TRUE((*journal)->Snapshots().empty());
  }
  EXPECT_TRUE(Open().ok());
}

// Goal: after a failed write nothing is accepted any more, and a restart has everything that was acknowledged. Method:
// a limit on the size of files, which the write-ahead log runs into.
TEST_F(RocksJournalTest, AfterAFailedWriteNothingIsAccepted) {
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  std::uint64_t acknowledged = 0;
  {
    auto journal = Open({.create = true});
    ASSERT_TRUE(journal.ok()) << journal.status();
    const rlimit limit{.rlim_cur = 1 << 20, .rlim_max = before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    absl::Status status;
    while (status.ok() && acknowledged < 1'000) {
      acknowledged = (*journal)->tail().sequence;
      status = (*journal)->Append(groups_.Make(std::vector<std::string>(2, std::string(30'000, 'x'))));
    }
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ((*journal)->tail().sequence, acknowledged);
    test::GroupMaker again;
    Group group = again.Make(1);
    group.first_sequence = acknowledged + 1;
    EXPECT_FALSE((*journal)->Append(group).ok()) << "there is room again, but the outcome of the last group is unknown";
    EXPECT_FALSE(escrow::test::WriteSnapshot(**journal, {.sequence = 1}, "state").ok());
  }
  ASSERT_GT(acknowledged, 10U);
  const auto journal = Open();
  ASSERT_TRUE(journal.ok()) << journal.status();
  EXPECT_GE((*journal)->tail().sequence, acknowledged);
}

TEST(AnchorTest, ATornWriteLeavesTheOneBefore) {
  const escrow::test::TempFolder folder;
  const std::string path = folder.path() + "/anchor";
  const rocks::Anchor::FileSystem files = rocksdb::FileSystem::Default();
  tlog::TreeHasher hasher;
  {
    auto anchor = rocks::Anchor::Create(files, path, {.sequence = 0, .root = hasher.EmptyRoot()});
    ASSERT_TRUE(anchor.ok()) << anchor.status();
    ASSERT_TRUE(anchor->Write({.sequence = 7, .root = hasher.Leaf("7")}).ok());
    ASSERT_TRUE(anchor->Write({.sequence = 9, .root = hasher.Leaf("9")}).ok());
  }
  EXPECT_EQ(rocks::Anchor::Open(files, path)->tail().sequence, 9U);
  // Turn 2 is that of the creation, so turn 4 went to slot 0.
  {
    std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(30);
    stream.put('\x55');
  }
  const auto anchor = rocks::Anchor::Open(files, path);
  ASSERT_TRUE(anchor.ok()) << anchor.status();
  EXPECT_EQ(anchor->tail().sequence, 7U);
  EXPECT_EQ(anchor->tail().root, hasher.Leaf("7"));
}

}  // namespace
}  // namespace escrow::journal
