#include "journal/rocks/log_file_system.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "rocksdb/env.h"
#include "support/page_cache.h"
#include "support/temp_folder.h"

// Where the file ends, and what a crash leaves of it: log_end_test.cc.
namespace escrow::journal::rocks {
namespace {

constexpr std::size_t kMiB = 1 << 20;
constexpr std::size_t kLogBytes = 8 * kMiB;

// Appends groups of one size, each synced, until the file has kLogBytes. What the system's cache then has of it.
std::size_t CachedOfALogOf(std::size_t group_bytes, const std::string& path) {
  LogFileSystem files(rocksdb::FileSystem::Default());
  std::unique_ptr<rocksdb::FSWritableFile> log;
  EXPECT_TRUE(files.NewWritableFile(path, rocksdb::FileOptions(), &log, nullptr).ok());
  for (std::size_t written = 0; written < kLogBytes; written += group_bytes) {
    EXPECT_TRUE(log->Append(std::string(group_bytes, 'g'), rocksdb::IOOptions(), nullptr).ok());
    EXPECT_TRUE(log->Sync(rocksdb::IOOptions(), nullptr).ok());
  }
  const std::size_t cached = test::CachedBytes(path);
  EXPECT_TRUE(log->Close(rocksdb::IOOptions(), nullptr).ok());
  return cached;
}

TEST(LogFileSystemTest, WhatIsDurableLeavesTheCache) {
  const test::TempFolder folder;
  if (!test::CacheCanShrink(folder.path())) {
    GTEST_SKIP() << folder.path() << " is in memory";
  }
  EXPECT_LE(CachedOfALogOf(16 * 1024, folder.path() + "/000001.log"), kMiB) << "small groups, over padding";
  EXPECT_LE(CachedOfALogOf(128 * 1024, folder.path() + "/000002.log"), kMiB) << "large groups";
  EXPECT_GE(CachedOfALogOf(128 * 1024, folder.path() + "/000003.sst"), kLogBytes) << "no log: it will be read";
}

}  // namespace
}  // namespace escrow::journal::rocks
