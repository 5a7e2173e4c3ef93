// Damage, and everything else that RocksJournal must refuse to serve.

#include "journal/rocks/rocks_journal.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <string>

#include "journal/crc32c.h"
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

std::string RowOf(const Group& group) {
  const rocks::GroupFrame frame = rocks::EncodeGroup(group);
  return frame.head + group.bytes + std::string(frame.checksum.data(), frame.checksum.size());
}

// The value of a row with a checksum that fits.
std::string WithChecksum(std::string body, std::uint64_t first_sequence) {
  rocks::AppendBe32(body, Crc32c(Crc32c(0, body), Key(first_sequence)));
  return body;
}

// Goal: a row whose checksum fits and that says nothing sensible is damage.
TEST(GroupRowTest, RefusesWhatSaysNothingSensible) {
  constexpr std::uint64_t kLastPosition = std::numeric_limits<std::uint64_t>::max();
  const std::string root(32, 'r');
  const auto decodes = [&](std::initializer_list<std::uint32_t> numbers, const std::string& events,
                           std::uint64_t first = 5) {
    std::string body;
    for (const std::uint32_t number : numbers) {
      rocks::AppendBe32(body, number);
      body += body.size() == 4 ? root : "";
    }
    return rocks::GroupRow::Decode(Key(first), WithChecksum(body + events, first)).has_value();
  };
  EXPECT_TRUE(decodes({2, 1, 3}, "abc"));
  EXPECT_FALSE(decodes({2, 1, 3}, "abc", 0)) << "there is no event 0";
  EXPECT_FALSE(decodes({0}, "")) << "no events";
  EXPECT_FALSE(decodes({2, 1, 3}, "ab")) << "the last event ends behind the row";
  EXPECT_FALSE(decodes({2, 1, 3}, "abcd")) << "bytes of no event";
  EXPECT_FALSE(decodes({2, 3, 1}, "abc")) << "an event that ends before it begins";
  EXPECT_FALSE(decodes({0xffffffff, 1, 3}, "abc")) << "more events than there is room for";
  EXPECT_TRUE(decodes({2, 1, 3}, "abc", kLastPosition - 1));
  EXPECT_FALSE(decodes({2, 1, 3}, "abc", kLastPosition)) << "an event behind the last position that there is";
  EXPECT_FALSE(rocks::GroupRow::Decode(Key(5), WithChecksum("", 5)).has_value());
  EXPECT_FALSE(rocks::GroupRow::Decode(Key(5) + "x", WithChecksum("", 5)).has_value());
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
  Tamper([](rocks::Database& d) { return d.db().Put({}, d.meta(), rocks::Slice(rocks::kFormatVersionKey), "4"); });
  ExpectRefused(absl::StatusCode::kUnimplemented, "has format 4");
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

TEST_F(RocksJournalTest, RefusesALogWithoutItsFirstGroup) {
  MakeLog(3);
  Tamper([](rocks::Database& d) { return d.db().Delete({}, d.groups(), Key(1)); });
  ExpectRefused(absl::StatusCode::kDataLoss, "the log begins at event 3; first bad position: event 1");
}

TEST_F(RocksJournalTest, RefusesAMissingGroup) {
  MakeLog(3);
  Tamper([](rocks::Database& d) { return d.db().Delete({}, d.groups(), Key(3)); });
  ExpectRefused(absl::StatusCode::kDataLoss, "event 3 is missing from the log; first bad position: event 3");
}

TEST_F(RocksJournalTest, RefusesAMissingLastGroup) {
  MakeLog(3);
  Tamper([](rocks::Database& d) { return d.db().Delete({}, d.groups(), Key(5)); });
  ExpectRefused(absl::StatusCode::kDataLoss, "the log ends at event 4 but had come to event 6");
}

TEST_F(RocksJournalTest, RefusesADamagedGroup) {
  MakeLog(3);
  Tamper([](rocks::Database& d) { return d.db().Put({}, d.groups(), Key(3), std::string(48, 'x')); });
  ExpectRefused(absl::StatusCode::kDataLoss,
                "the record of the group that has event 3 is damaged; first bad position: event 3");
}

TEST_F(RocksJournalTest, RefusesADamagedLastGroup) {
  MakeLog(3);
  Tamper([](rocks::Database& d) { return d.db().Put({}, d.groups(), Key(5), std::string(48, 'x')); });
  ExpectRefused(absl::StatusCode::kDataLoss, "the record of the last group is damaged; first bad position: event 5");
}

// Goal: behind the newest snapshot nothing is read at a start; reading finds what is missing there.
TEST_F(RocksJournalTest, ReadingFindsAMissingGroup) {
  MakeLog(3);
  {
    auto journal = Open();
    ASSERT_TRUE(journal.ok());
    ASSERT_TRUE(escrow::test::WriteSnapshot(**journal, groups_.Info("state"), "state").ok());
  }
  Tamper([](rocks::Database& d) { return d.db().Delete({}, d.groups(), Key(3)); });
  const auto journal = Open();
  ASSERT_TRUE(journal.ok()) << journal.status();
  const absl::Status status = (*journal)->Read(1, [](std::uint64_t, std::string_view) { return true; });
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_NE(std::string(status.message()).find("event 3 is missing"), std::string::npos) << status;
  EXPECT_TRUE(absl::IsDataLoss((*journal)->ReadOne(3).status()));
  EXPECT_TRUE(absl::IsDataLoss((*journal)->ReadOne(4).status()));
  EXPECT_TRUE((*journal)->ReadOne(2).ok() && (*journal)->ReadOne(5).ok());
}

// Goal: whichever bit of a stored group turns over, reading it says so and names the position.
TEST_F(RocksJournalTest, ReadingFindsEveryFlippedBit) {
  MakeLog(2);
  std::string row;
  Tamper([&](rocks::Database& d) { return d.db().Get({}, d.groups(), Key(3), &row); });
  ASSERT_TRUE(rocks::GroupRow::Decode(Key(3), row).has_value());
  for (std::size_t bit = 0; bit < row.size() * 8; bit += 5) {
    std::string damaged = row;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(rocks::GroupRow::Decode(Key(3), damaged).has_value()) << "bit " << bit;
  }
  // A row at another position than its own is damage, too.
  EXPECT_FALSE(rocks::GroupRow::Decode(Key(5), row).has_value());
  row.back() = static_cast<char>(row.back() ^ 0x10);
  const auto journal = Open();
  ASSERT_TRUE(journal.ok()) << journal.status();
  EXPECT_TRUE((*journal)->ReadOne(4).ok());
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
    return d.db().Put({}, d.groups(), Key(5),
                      RowOf({.first_sequence = 5, .bytes = "ab", .ends = {1, 2}, .root = other}));
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
  Tamper([](rocks::Database& d) { return d.db().Delete({}, d.groups(), Key(5)); });
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
