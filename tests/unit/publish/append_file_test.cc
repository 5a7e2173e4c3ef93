#include "publish/append_file.h"

#include <gtest/gtest.h>

#include <string>

#include "support/page_cache.h"
#include "support/temp_folder.h"

namespace escrow::publish {
namespace {

constexpr std::size_t kMiB = 1 << 20;

class AppendFileTest : public testing::Test {
 protected:
  std::unique_ptr<AppendFile> Open(std::uint64_t size) {
    absl::StatusOr<std::unique_ptr<AppendFile>> file = AppendFile::Open(path_, size);
    EXPECT_TRUE(file.ok()) << file.status();
    return *std::move(file);
  }
  // The next `count` MiB, each flushed and synced: of the byte that tells which it is.
  void Grow(AppendFile& file, int count) {
    for (int i = 0; i < count; ++i) {
      file.Append(std::string(kMiB, static_cast<char>(file.size() / kMiB)));
      ASSERT_TRUE(file.Flush().ok());
      ASSERT_TRUE(file.Sync().ok());
    }
  }
  void ExpectAllThere(const AppendFile& file) {
    for (std::uint64_t at = 0; at < file.size(); at += kMiB) {
      const absl::StatusOr<std::string> read = file.Read(at, kMiB);
      ASSERT_TRUE(read.ok()) << read.status();
      EXPECT_EQ(*read, std::string(kMiB, static_cast<char>(at / kMiB)));
    }
  }

  test::TempFolder folder_;
  const std::string path_ = folder_.path() + "/entries";
};

TEST_F(AppendFileTest, OnlyItsEndStaysInTheCache) {
  if (!test::CacheCanShrink(folder_.path())) {
    GTEST_SKIP() << folder_.path() << " is in memory";
  }
  const auto file = Open(0);
  Grow(*file, 32);
  EXPECT_GE(test::CachedBytes(path_), 8 * kMiB);
  EXPECT_LE(test::CachedBytes(path_), 10 * kMiB);
  ExpectAllThere(*file);
}

TEST_F(AppendFileTest, AFileThatIsOpenedAgainGoesOn) {
  Grow(*Open(0), 12);
  const auto file = Open(12 * kMiB);
  Grow(*file, 12);
  EXPECT_EQ(file->size(), 24 * kMiB);
  ExpectAllThere(*file);
}

TEST_F(AppendFileTest, WhatStandsBehindIsWrittenOver) {
  Grow(*Open(0), 2);
  const auto file = Open(kMiB);
  file->Append("new");
  ASSERT_TRUE(file->Flush().ok());
  EXPECT_EQ(*file->Read(kMiB - 1, 4), std::string("\0new", 4));
}

TEST_F(AppendFileTest, AFileThatLostBytesIsRefused) {
  Grow(*Open(0), 1);
  EXPECT_EQ(AppendFile::Open(path_, kMiB + 1).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace escrow::publish
