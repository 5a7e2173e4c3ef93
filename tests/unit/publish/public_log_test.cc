#include "publish/public_log.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "publish/durable_file.h"
#include "support/temp_folder.h"
#include "tlog/merkle.h"

namespace escrow::publish {
namespace {

// Entry i, of a length that varies, 0 among them.
std::string EntryOf(std::uint64_t i) { return std::string(i % 7, static_cast<char>('a' + i % 26)); }

TreeHead HeadOf(std::uint64_t size) {
  tlog::TreeHasher hasher;
  tlog::CompactRange tree;
  for (std::uint64_t i = 0; i < size; ++i) {
    tree.Append(hasher.Leaf(EntryOf(i)), hasher);
  }
  return {.size = size, .root = tree.Root(hasher)};
}

std::string BundleOf(std::uint64_t first, std::size_t count) {
  std::string bundle;
  for (std::uint64_t i = first; i < first + count; ++i) {
    bundle += std::string({'\0', static_cast<char>(EntryOf(i).size())}) + EntryOf(i);
  }
  return bundle;
}

void AppendTo(PublicLog& log, std::uint64_t size) {
  for (std::uint64_t i = log.head().size; i < size; ++i) {
    log.Append(EntryOf(i));
  }
  ASSERT_TRUE(log.Flush().ok());
}

class PublicLogTest : public testing::Test {
 protected:
  std::unique_ptr<PublicLog> Open() {
    absl::StatusOr<std::unique_ptr<PublicLog>> log = PublicLog::Open(folder_.path() + "/public");
    EXPECT_TRUE(log.ok()) << log.status();
    return *std::move(log);
  }
  std::string File(const std::string& name) const { return folder_.path() + "/public/" + name; }

  test::TempFolder folder_;
};

TEST_F(PublicLogTest, TheRootIsThatOfTheDefinitionAtEverySizeAroundTiles) {
  const auto log = Open();
  for (const std::uint64_t size :
       {0U, 1U, 2U, 3U, 255U, 256U, 257U, 511U, 512U, 513U, 65'535U, 65'536U, 65'537U, 66'000U}) {
    AppendTo(*log, size);
    EXPECT_EQ(log->head(), HeadOf(size));
    EXPECT_EQ(log->size(), size);
  }
}

TEST_F(PublicLogTest, WhatIsNotFlushedIsNotReadable) {
  const auto log = Open();
  log->Append("a");
  EXPECT_EQ(log->size(), 0U);
  ASSERT_TRUE(log->Flush().ok());
  EXPECT_EQ(log->size(), 1U);
}

TEST_F(PublicLogTest, BundlesAndHashesAreWhatTheSpecificationSays) {
  const auto log = Open();
  AppendTo(*log, 700);
  struct Case {
    std::uint64_t first;
    std::size_t count;
  };
  for (const auto& [first, count] : {Case{0, 256}, Case{256, 256}, Case{512, 188}, Case{512, 1}, Case{300, 5}}) {
    EXPECT_EQ(log->ReadBundle(first, count).value(), BundleOf(first, count)) << first;
  }
  tlog::TreeHasher hasher;
  const auto as_bytes = [](const tlog::Hash& hash) { return std::string(hash.begin(), hash.end()); };
  EXPECT_EQ(log->ReadHashes(0, 699, 1).value(), as_bytes(hasher.Leaf(EntryOf(699))));
  EXPECT_EQ(log->ReadHashes(1, 0, 1).value(), as_bytes(HeadOf(256).root));
}

TEST_F(PublicLogTest, ASavedLogIsTheSameWhenItIsOpenedAgain) {
  for (const std::uint64_t size : {1U, 256U, 300U, 70'000U}) {
    const auto log = Open();
    AppendTo(*log, size);
    ASSERT_TRUE(log->Save().ok());
    const auto again = Open();
    EXPECT_EQ(again->head(), HeadOf(size));
    EXPECT_EQ(again->size(), size);
    EXPECT_EQ(again->ReadBundle(size - 1, 1).value(), BundleOf(size - 1, 1));
  }
}

TEST_F(PublicLogTest, WhatCameAfterTheLastSaveIsAppendedAgain) {
  {
    const auto log = Open();
    AppendTo(*log, 300);
    ASSERT_TRUE(log->Save().ok());
    AppendTo(*log, 600);
  }
  const std::uintmax_t bytes = std::filesystem::file_size(File("entries"));
  const auto log = Open();
  EXPECT_EQ(log->head(), HeadOf(300));
  EXPECT_EQ(std::filesystem::file_size(File("entries")), bytes) << "a checkpoint may cover it";
  AppendTo(*log, 600);
  EXPECT_EQ(std::filesystem::file_size(File("entries")), bytes);
  EXPECT_EQ(log->head(), HeadOf(600));
  EXPECT_EQ(log->ReadBundle(512, 88).value(), BundleOf(512, 88));
}

TEST_F(PublicLogTest, FilesThatContradictEachOtherAreMadeAgain) {
  const auto damage = [this](const std::string& name, const auto& change) {
    {
      const auto log = Open();
      AppendTo(*log, 300);
      ASSERT_TRUE(log->Save().ok());
    }
    change(File(name));
    EXPECT_EQ(Open()->head(), HeadOf(0)) << name;
  };
  const auto shorten = [](const std::string& path) {
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  };
  for (const char* name : {"entries", "entries.index", "hashes-0", "hashes-1", "state"}) {
    damage(name, shorten);
  }
  const auto flip_last = [](const std::string& path) {
    std::string bytes = ReadFile(path, 1 << 20).value();
    bytes[bytes.size() - 2] = static_cast<char>(bytes[bytes.size() - 2] ^ 1);
    ASSERT_TRUE(ReplaceFile(path, bytes).ok());
  };
  for (const char* name : {"hashes-0", "hashes-1", "state"}) {
    damage(name, flip_last);
  }
}

TEST_F(PublicLogTest, AFolderThatCannotBeMadeIsAnError) {
  ASSERT_TRUE(ReplaceFile(folder_.path() + "/blocked", "x").ok());
  EXPECT_TRUE(absl::IsUnavailable(PublicLog::Open(folder_.path() + "/blocked/public").status()));
}

}  // namespace
}  // namespace escrow::publish
