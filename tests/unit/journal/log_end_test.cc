// Where a file of the write-ahead log ends: after a crash at any time, and whatever is damaged.

#include "journal/rocks/log_end.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "journal/rocks/database.h"
#include "journal/rocks/options.h"
#include "support/temp_folder.h"

namespace escrow::journal::rocks {
namespace {

namespace fs = std::filesystem;

constexpr int kTrials = 400;
// Of one sector, of some, of several blocks; more than what the file is padded for; and small ones again.
constexpr std::size_t kRecordBytes[] = {30,      400, 470,   512,   3'000,  12'000, 33'000,
                                        100'000, 500, 9'000, 1'000, 31'000, 70};

std::string Contents(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// A database whose write-ahead log was written record by record, with what its file was after each.
class LogEndTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const std::size_t bytes : kRecordBytes) {
      Put(bytes);
    }
  }

  void Put(std::size_t bytes) {
    std::string value(bytes, '\0');
    std::ranges::generate(value, [this] { return static_cast<char>(random_()); });
    value.back() = '\x55';  // see EndOfLog: a zero alone in the last sector would be taken for a lost one
    ASSERT_TRUE(database_->db().Put(DurableWrite(), database_->meta(), std::to_string(files_.size()), value).ok());
    files_.push_back(Contents(Log()));
    ends_.push_back(EndOfLog(files_.back()));
  }

  [[nodiscard]] fs::path Log() const {
    fs::path log;
    for (const fs::directory_entry& file : fs::directory_iterator(directory())) {
      log = file.path().extension() == ".log" ? std::max(log, file.path()) : log;
    }
    return log;
  }
  [[nodiscard]] std::string directory() const { return folder_.path() + "/log"; }

  // What the disk may have after a power cut while record `i` was written: each sector as it was or as it became.
  std::string Torn(std::size_t i, bool& complete) {
    std::string file = files_[i];
    std::string before = files_[i - 1];
    before.resize(file.size(), '\0');
    complete = true;
    for (std::size_t at = 0; at < file.size(); at += kSectorBytes) {
      const std::size_t size = std::min(kSectorBytes, file.size() - at);
      if (random_() % 2 == 0 && file.compare(at, size, before, at, size) != 0) {
        file.replace(at, size, before, at, size);
        complete = false;
      }
    }
    return file;
  }

  escrow::test::TempFolder folder_;
  std::mt19937_64 random_{20261123};
  std::unique_ptr<Database> database_ = *Database::Open(folder_.path() + "/log", true);
  std::vector<std::string> files_;
  std::vector<std::uint64_t> ends_;
};

TEST_F(LogEndTest, IsWhereTheLastRecordEnds) {
  EXPECT_EQ(EndOfLog(""), 0U);
  EXPECT_EQ(EndOfLog(std::string(5'000, '\0')), 0U);
  for (std::size_t i = 0; i < files_.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(files_[i].find_last_not_of('\0') + 1, ends_[i]);
    EXPECT_EQ(EndOfLog(files_[i].substr(0, ends_[i])), ends_[i]);
  }
  EXPECT_TRUE(std::ranges::is_sorted(ends_));
  EXPECT_LT(ends_.back(), files_.back().size()) << "the file is padded";
}

TEST_F(LogEndTest, OfARecordThatWasBeingWrittenIsWhereItBegins) {
  std::set<bool> seen;
  for (int trial = 0; trial < kTrials; ++trial) {
    const std::size_t i = 1 + random_() % (files_.size() - 1);
    bool complete = false;
    const std::string torn = Torn(i, complete);
    EXPECT_EQ(EndOfLog(torn), complete ? ends_[i] : ends_[i - 1]) << "trial " << trial << " record " << i;
    seen.insert(complete);
  }
  EXPECT_EQ(seen.size(), 2U);
}

// Goal: damage stays in the file, so that it is met.
TEST_F(LogEndTest, IsNeverBeforeAFlippedBit) {
  for (int trial = 0; trial < kTrials; ++trial) {
    const std::size_t i = random_() % files_.size();
    std::string file = files_[i];
    const std::size_t at = random_() % ends_[i];
    file[at] = static_cast<char>(file[at] ^ (1 << random_() % 8));
    EXPECT_EQ(EndOfLog(file), file.size()) << "trial " << trial << " record " << i << " byte " << at;
  }
}

TEST_F(LogEndTest, IsNeverBeforeALostSectorThatRecordsFollow) {
  const std::uint64_t before_last = ends_[ends_.size() - 2];
  for (int trial = 0; trial < kTrials; ++trial) {
    std::string file = files_.back();
    const std::size_t sector = random_() % (before_last / kSectorBytes);
    file.replace(sector * kSectorBytes, kSectorBytes, kSectorBytes, '\0');
    EXPECT_EQ(EndOfLog(file), file.size()) << "trial " << trial << " sector " << sector;
  }
}

TEST_F(LogEndTest, OfGarbageIsItsSize) {
  std::string file = files_.back();
  std::generate(file.begin() + 20'000, file.end(), [this] { return static_cast<char>(random_() | 1); });
  EXPECT_EQ(EndOfLog(file), file.size());
}

// Goal: RocksDB reads a file that a crash has left, and what was being written is gone.
TEST_F(LogEndTest, IsWhereADatabaseOpens) {
  for (std::size_t i = 1; i < files_.size(); ++i) {
    SCOPED_TRACE(i);
    const std::string copy = folder_.path() + "/copy";
    fs::remove_all(copy);
    fs::copy(directory(), copy);
    bool complete = true;
    while (complete) {
      std::ofstream(copy / Log().filename(), std::ios::binary) << Torn(i, complete);
    }
    const auto opened = Database::Open(copy, false);
    ASSERT_TRUE(opened.ok()) << opened.status();
    std::string value;
    EXPECT_TRUE((*opened)->db().Get(PointRead(), (*opened)->meta(), std::to_string(i - 1), &value).ok());
    EXPECT_TRUE((*opened)->db().Get(PointRead(), (*opened)->meta(), std::to_string(i), &value).IsNotFound());
  }
}

// Goal: a log that was closed has nothing but its records, as any program that reads RocksDB's files expects.
TEST_F(LogEndTest, IsTheSizeOfAFileThatWasClosed) {
  const fs::path log = Log();
  database_.reset();
  EXPECT_EQ(fs::file_size(log), ends_.back());
}

}  // namespace
}  // namespace escrow::journal::rocks
