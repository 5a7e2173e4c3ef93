#include "vault/posix_disk.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "unit/vault/fixture.h"

// The real disk does what CrashDisk pretends; and a vault on it.
namespace escrow::vault::test {
namespace {

using escrow::test::TempFolder;

TEST(PosixDiskTest, FilesAndFolders) {
  const TempFolder folder;
  const auto disk = *PosixDisk::Open(folder.path() + "/vault");
  EXPECT_TRUE(absl::IsNotFound(disk->Read("a", 0, 10).status()));
  EXPECT_TRUE(absl::IsNotFound(disk->Overwrite("a", 0, "x")));
  EXPECT_TRUE(absl::IsNotFound(disk->List("f").status()));
  EXPECT_TRUE(disk->MakeFolder("f").ok());
  EXPECT_TRUE(disk->MakeFolder("f").ok());
  EXPECT_TRUE(disk->WriteFile("f/b", "longer than what follows").ok());
  EXPECT_TRUE(disk->WriteFile("f/b", "0123456789").ok());
  EXPECT_TRUE(disk->Overwrite("f/b", 2, "ab").ok());
  EXPECT_TRUE(disk->Overwrite("f/b", 10, "cd").ok());
  EXPECT_EQ(*disk->Read("f/b", 0, 100), "01ab456789cd");
  EXPECT_EQ(*disk->Read("f/b", 9, 2), "9c");
  EXPECT_EQ(*disk->Read("f/b", 12, 2), "");
  EXPECT_TRUE(disk->Rename("f/b", "f/a").ok());
  EXPECT_TRUE(disk->WriteFile("f/c", "").ok());
  EXPECT_EQ(*disk->List("f"), (std::vector<std::string>{"a", "c"}));
  EXPECT_TRUE(disk->Remove("f/a").ok());
  EXPECT_TRUE(disk->Remove("f/a").ok());
  EXPECT_TRUE(disk->SyncFolder("f").ok());
  EXPECT_TRUE(disk->SyncFolder(".").ok());
  EXPECT_EQ(*disk->List("f"), (std::vector<std::string>{"c"}));
  const auto mode = [&](const char* path) {
    return std::filesystem::status(folder.path() + path).permissions() & std::filesystem::perms::all;
  };
  EXPECT_EQ(mode("/vault"), std::filesystem::perms::owner_all);
  EXPECT_EQ(mode("/vault/f/c"), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(PosixDiskTest, OneProcessAtATime) {
  const TempFolder folder;
  auto disk = *PosixDisk::Open(folder.path());
  EXPECT_EQ(PosixDisk::Open(folder.path()).status(),
            absl::UnavailableError(folder.path() + " is in use by another process"));
  disk = nullptr;
  EXPECT_TRUE(PosixDisk::Open(folder.path()).ok());
}

TEST(PosixDiskTest, AVaultOnIt) {
  const TempFolder folder;
  auto disk = *PosixDisk::Open(folder.path());
  const Commitment ada = MustPut(*MustOpen(*disk), kAda, "r1", "Ada");
  disk = nullptr;
  disk = *PosixDisk::Open(folder.path());
  OpenReport report;
  const auto vault = *Open(*disk, {{kAda, {ada}}}, report);
  EXPECT_EQ(Content(*vault, kAda, ada), "Ada");
  EXPECT_TRUE(vault->Erase(kAda).ok());
  EXPECT_EQ(disk->Read("keys", 512, 512).value(), std::string(512, '\0'));
  EXPECT_TRUE(disk->List("records")->empty());
}

}  // namespace
}  // namespace escrow::vault::test
