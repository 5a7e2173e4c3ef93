#include "vault/vault.h"

#include <gtest/gtest.h>

#include "crypto/hmac.h"
#include "unit/vault/fixture.h"

// What the vault keeps, gives back, refuses and destroys, on a disk that works.
namespace escrow::vault::test {
namespace {

using escrow::test::CrashDisk;
using escrow::test::TempFolder;

TEST(VaultTest, GivesBackWhatWasPutAndItsCommitmentCanBeChecked) {
  CrashDisk disk;
  const auto vault = MustOpen(disk);
  for (const std::string& content : {std::string("Ada Lovelace"), std::string(), std::string(kContentBytesMax, 'x')}) {
    const Commitment commitment = MustPut(*vault, kAda, "request of " + std::to_string(content.size()), content);
    const absl::StatusOr<Record> record = vault->Get(kAda, commitment);
    ASSERT_TRUE(record.ok());
    EXPECT_EQ(record->content, content);
    EXPECT_EQ(record->salt.size(), 32U);
    EXPECT_EQ(crypto::HmacSha256(record->salt, content), commitment);
  }
  EXPECT_FALSE(disk.Holds("Lovelace"));
  EXPECT_FALSE(disk.Holds(std::string(64, 'x')));
}

TEST(VaultTest, OneRequestHasOneCommitmentAndAnotherHasAnother) {
  CrashDisk disk;
  const auto vault = MustOpen(disk);
  const Commitment first = MustPut(*vault, kAda, "r1", "name");
  EXPECT_EQ(*vault->Put(kAda, "r1", "name"), first);
  EXPECT_NE(*vault->Put(kAda, "r1", "other"), first);
  EXPECT_NE(*vault->Put(kAda, "r2", "name"), first);
  EXPECT_NE(*vault->Put(kBob, "r1", "name"), first);  // equal contents of two people cannot be linked
}

TEST(VaultTest, WhatTheLogRefusedGoesAndSoDoKeysThatNothingNeeds) {
  CrashDisk disk;
  const auto vault = MustOpen(disk);
  const Commitment kept = MustPut(*vault, kAda, "r1", "kept");
  const Commitment refused = *vault->Put(kAda, "r2", "refused");
  EXPECT_TRUE(vault->Settle(kAda, refused, false).ok());
  EXPECT_EQ(Content(*vault, kAda, refused), "NOT_FOUND");
  EXPECT_EQ(Content(*vault, kAda, kept), "kept");
  const Commitment nobody = *vault->Put("platforms/shop/parties/nobody", "r3", "x");
  EXPECT_TRUE(vault->Settle("platforms/shop/parties/nobody", nobody, false).ok());
  EXPECT_FALSE(disk.Holds("nobody"));  // its slot is empty again
  EXPECT_EQ(disk.Paths().size(), 2U);  // keys, one record
}

// The same request twice at a time: the end of one attempt must not take away what the other has put into the log.
TEST(VaultTest, ARecordStaysAsLongAsOneAttemptMaySucceed) {
  for (const bool refused_first : {true, false}) {
    CrashDisk disk;
    const auto vault = MustOpen(disk);
    const Commitment commitment = *vault->Put(kAda, "r1", "name");
    ASSERT_EQ(*vault->Put(kAda, "r1", "name"), commitment);
    EXPECT_TRUE(vault->Settle(kAda, commitment, !refused_first).ok());
    EXPECT_TRUE(vault->Settle(kAda, commitment, refused_first).ok());
    EXPECT_EQ(Content(*vault, kAda, commitment), "name");
  }
}

TEST(VaultTest, ErasureDestroysKeysAndRecordsAndTouchesNobodyElse) {
  CrashDisk disk;
  auto vault = MustOpen(disk);
  const Commitment one = MustPut(*vault, kAda, "r1", "name");
  const Commitment two = MustPut(*vault, kAda, "r2", "address");
  const Commitment other = MustPut(*vault, kBob, "r3", "Bob");
  const std::string wrapped = disk.at("keys").substr(512 + 2 + sizeof(kAda) - 1, 92);  // in the first slot
  ASSERT_TRUE(disk.Holds(wrapped));
  EXPECT_TRUE(vault->Erase(kAda).ok());
  EXPECT_FALSE(disk.Holds(wrapped));  // in no file that ever was
  for (std::size_t at = 0; at + 8 <= wrapped.size(); ++at) {
    EXPECT_FALSE(disk.Holds(wrapped.substr(at, 8)));
  }
  EXPECT_EQ(Content(*vault, kAda, one), "NOT_FOUND");
  EXPECT_EQ(Content(*vault, kAda, two), "NOT_FOUND");
  EXPECT_EQ(Content(*vault, kBob, other), "Bob");
  EXPECT_TRUE(vault->Erase(kAda).ok());
  EXPECT_TRUE(vault->Erase("platforms/shop/parties/unknown").ok());
  // The late end of a Put that was on its way changes nothing.
  EXPECT_TRUE(vault->Settle(kAda, one, true).ok());
  EXPECT_EQ(Content(*vault, kAda, one), "NOT_FOUND");
  // The slot is used again, and the file has not grown.
  MustPut(*vault, "platforms/shop/parties/eve", "r4", "Eve");
  EXPECT_EQ(disk.at("keys").size(), 3 * 512U);
}

TEST(VaultTest, OpeningDestroysWhatTheLogDoesNotVouchFor) {
  CrashDisk disk;
  const Commitment kept = MustPut(*MustOpen(disk), kAda, "r1", "kept");
  OpenReport report;
  const Commitment lost{};
  auto vault = *Open(disk, {{kAda, {kept}}}, report);
  MustPut(*vault, kAda, "r2", "not in the log");
  MustPut(*vault, kBob, "r3", "not in the log");
  vault = *Open(disk, {{kAda, {kept, lost}}}, report);
  EXPECT_EQ(report.subjects, 1U);
  EXPECT_EQ(report.records, 1U);
  EXPECT_EQ(report.destroyed, 1U);
  EXPECT_EQ(report.removed, 2U);
  EXPECT_EQ(report.missing, 1U);
  EXPECT_EQ(Content(*vault, kAda, kept), "kept");
  EXPECT_EQ(Content(*vault, kAda, lost), "DATA_LOSS");
  EXPECT_EQ(disk.Paths().size(), 2U);
}

TEST(VaultTest, AnotherKeyOrLogIsRefused) {
  CrashDisk disk;
  const Commitment commitment = MustPut(*MustOpen(disk), kAda, "r1", "name");
  OpenReport report;
  EXPECT_EQ(Open(disk, {}, report, 'x').status(),
            absl::FailedPreconditionError("the key file is not the one that the vault was made with"));
  EXPECT_EQ(
      Vault::Open(disk, Wrapper(), std::string(32, '0'), {}, report).status(),
      absl::FailedPreconditionError("the vault belongs to the log 00112233445566778899aabbccddeeff and not to this "
                                    "one, 00000000000000000000000000000000"));
  // And nothing was destroyed by trying.
  EXPECT_EQ(Content(**Open(disk, {{kAda, {commitment}}}, report), kAda, commitment), "name");
}

// Every byte of the record's file and of the key's slot.
TEST(VaultTest, WhatWasTamperedWithIsRefused) {
  CrashDisk disk;
  const auto vault = MustOpen(disk);
  const Commitment commitment = MustPut(*vault, kAda, "r1", "name");
  const std::string path = disk.Paths().back();
  ASSERT_TRUE(path.starts_with("records/"));
  for (std::size_t i = 0; i < disk.at(path).size(); ++i) {
    disk.at(path)[i] ^= 1;
    EXPECT_EQ(Content(*vault, kAda, commitment), "DATA_LOSS") << i;
    disk.at(path)[i] ^= 1;
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{20}, disk.at(path).size() - 1}) {
    const std::string whole = disk.at(path);
    disk.at(path).resize(size);
    EXPECT_EQ(Content(*vault, kAda, commitment), "DATA_LOSS") << size;
    disk.at(path) = whole;
  }
  constexpr std::size_t kWrappedAt = 512 + 2 + sizeof(kAda) - 1;
  for (std::size_t i = kWrappedAt; i < kWrappedAt + 92; ++i) {
    disk.at("keys")[i] ^= 1;
    EXPECT_EQ(Content(*vault, kAda, commitment), "DATA_LOSS") << i;
    disk.at("keys")[i] ^= 1;
  }
  EXPECT_EQ(Content(*vault, kAda, commitment), "name");
}

// A record of one person does not become another's by moving files or keys.
TEST(VaultTest, ARecordCannotBeMovedToAnotherSubject) {
  CrashDisk disk;
  const auto vault = MustOpen(disk);
  const Commitment ada = MustPut(*vault, kAda, "r1", "Ada");
  const Commitment bob = MustPut(*vault, kBob, "r1", "Bob");
  const auto paths = disk.Paths();
  std::swap(disk.at(paths[1]), disk.at(paths[2]));
  EXPECT_EQ(Content(*vault, kAda, ada), "DATA_LOSS");
  EXPECT_EQ(Content(*vault, kBob, bob), "DATA_LOSS");
  std::swap(disk.at(paths[1]), disk.at(paths[2]));
  std::string& keys = disk.at("keys");
  const std::string first = keys.substr(512, 512);
  keys.replace(512, 512, keys.substr(1024, 512)).replace(1024, 512, first);
  EXPECT_EQ(Content(*vault, kAda, ada), "DATA_LOSS");
}

TEST(VaultTest, ADamagedHeadIsRefused) {
  CrashDisk disk;
  MustOpen(disk);
  OpenReport report;
  for (const std::size_t i : {std::size_t{0}, std::size_t{15}}) {
    disk.at("keys")[i] ^= 1;
    EXPECT_TRUE(absl::IsDataLoss(Open(disk, {}, report).status()));
    disk.at("keys")[i] ^= 1;
  }
  for (std::size_t i = 16; i < 48 + 28; ++i) {
    disk.at("keys")[i] ^= 1;
    EXPECT_TRUE(absl::IsFailedPrecondition(Open(disk, {}, report).status())) << i;
    disk.at("keys")[i] ^= 1;
  }
  disk.at("keys").resize(100);
  EXPECT_TRUE(absl::IsDataLoss(Open(disk, {}, report).status()));
}

// A damaged slot is kept for repair as long as somebody's keys are missing, and cleared when nobody's are.
TEST(VaultTest, AnUnreadableSlotIsKeptWhileSomethingIsMissing) {
  CrashDisk disk;
  const Commitment ada = MustPut(*MustOpen(disk), kAda, "r1", "Ada");
  disk.at("keys")[512 + 60] ^= 1;
  const std::string damaged = disk.at("keys");
  OpenReport report;
  auto vault = *Open(disk, {{kAda, {ada}}}, report);
  EXPECT_EQ(report.missing, 1U);
  EXPECT_EQ(report.unreadable, 1U);
  EXPECT_EQ(Content(*vault, kAda, ada), "DATA_LOSS");
  EXPECT_EQ(disk.at("keys"), damaged);
  vault = *Open(disk, {}, report);
  EXPECT_EQ(report.unreadable, 0U);
  EXPECT_EQ(disk.at("keys").substr(512), std::string(512, '\0'));
}

TEST(KeyWrapperTest, TheKeyFileIsForItsOwnerAlone) {
  const TempFolder folder;
  const std::string path = KeyFile(folder, 'k');
  EXPECT_TRUE(KeyWrapper::Load(path).ok());
  for (const mode_t mode : {0640U, 0604U, 0660U, 0620U, 0610U}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    EXPECT_EQ(KeyWrapper::Load(path).status(),
              absl::FailedPreconditionError("the key file " + path +
                                            " can be read or written by others than its owner: chmod 600"));
  }
  ASSERT_EQ(chmod(path.c_str(), 0400), 0);
  EXPECT_TRUE(KeyWrapper::Load(path).ok());
  for (const std::size_t size : {std::size_t{0}, std::size_t{31}, std::size_t{33}, std::size_t{64}}) {
    const std::string other = folder.path() + "/other";
    std::ofstream(other) << std::string(size, 'k');
    ASSERT_EQ(chmod(other.c_str(), 0600), 0);
    EXPECT_EQ(KeyWrapper::Load(other).status(),
              absl::FailedPreconditionError("the key file " + other + " has " + std::to_string(size) +
                                            " bytes and must have 32 random ones"));
  }
  EXPECT_TRUE(absl::IsNotFound(KeyWrapper::Load(folder.path() + "/none").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(KeyWrapper::Load(folder.path()).status()));
}

}  // namespace
}  // namespace escrow::vault::test
