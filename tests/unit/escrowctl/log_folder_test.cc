#include "escrowctl/audit/log_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "support/log_export.h"
#include "support/temp_folder.h"

namespace escrow::ctl {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> Entries(std::size_t count) {
  std::vector<std::string> entries;
  for (std::size_t i = 0; i < count; ++i) {
    entries.push_back("entry " + std::to_string(i));
  }
  return entries;
}

absl::Status Export(const std::string& folder, const std::vector<std::string>& entries,
                    const tlog::SignedCheckpoint& checkpoint) {
  absl::StatusOr<std::unique_ptr<LogFolder>> log = LogFolder::Create(folder);
  if (!log.ok()) {
    return log.status();
  }
  for (const std::string& entry : entries) {
    if (absl::Status status = (*log)->Add(entry); !status.ok()) {
      return status;
    }
  }
  return (*log)->Finish(checkpoint);
}

tlog::SignedCheckpoint CheckpointOf(const std::vector<std::string>& entries) {
  return tlog::ParseSignedCheckpoint(test::CheckpointOf(entries, test::LogKey())).value();
}

std::map<std::string, std::string> FilesOf(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      std::ifstream file(entry.path(), std::ios::binary);
      files[fs::relative(entry.path(), folder).string()] = std::string(std::istreambuf_iterator<char>(file), {});
    }
  }
  return files;
}

// Against a writer that knows nothing of trees that grow: it hashes everything anew for each file.
TEST(LogFolderTest, TheFolderIsTheOneOfTheSpecification) {
  for (const std::size_t size : {0U, 1U, 255U, 256U, 257U, 600U, 65'536U, 65'600U}) {
    const test::TempFolder folder;
    const std::vector<std::string> entries = Entries(size);
    test::WriteLogExport(folder.path() + "/expected", entries, test::LogKey());
    ASSERT_TRUE(Export(folder.path() + "/found", entries, CheckpointOf(entries)).ok()) << size;
    EXPECT_EQ(FilesOf(folder.path() + "/found"), FilesOf(folder.path() + "/expected")) << size;
  }
}

TEST(LogFolderTest, EntriesThatDoNotGiveTheRootLeaveNoCheckpoint) {
  const test::TempFolder folder;
  std::vector<std::string> entries = Entries(300);
  const tlog::SignedCheckpoint promised = CheckpointOf(entries);
  entries[17] = "something else";
  EXPECT_TRUE(absl::IsDataLoss(Export(folder.path() + "/changed", entries, promised)));
  EXPECT_FALSE(fs::exists(folder.path() + "/changed/checkpoint"));
  EXPECT_TRUE(absl::IsDataLoss(Export(folder.path() + "/short", Entries(299), promised)));
  EXPECT_TRUE(absl::IsDataLoss(Export(folder.path() + "/long", Entries(301), promised)));
}

TEST(LogFolderTest, AFolderWithSomethingInItIsNotTouched) {
  const test::TempFolder folder;
  std::ofstream(folder.path() + "/mine") << "x";
  EXPECT_TRUE(absl::IsFailedPrecondition(LogFolder::Create(folder.path()).status()));
}

}  // namespace
}  // namespace escrow::ctl
