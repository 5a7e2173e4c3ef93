#include "publish/signer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "publish/durable_file.h"
#include "publish/public_log.h"
#include "publish/tree_reader.h"
#include "support/temp_folder.h"
#include "tlog/note.h"

namespace escrow::publish {
namespace {

constexpr char kOrigin[] = "example.com/log";

class SignerTest : public testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Signer>> Open(const std::string& origin = kOrigin) {
    return Signer::Open({.key = Path("key"), .last = Path("last")}, origin);
  }
  std::unique_ptr<Signer> MustOpen() {
    absl::StatusOr<std::unique_ptr<Signer>> signer = Open();
    EXPECT_TRUE(signer.ok()) << signer.status();
    return *std::move(signer);
  }
  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }

  // A log of these entries, in a folder of its own.
  std::unique_ptr<PublicLog> LogOf(const std::string& name, const std::vector<std::string>& entries) {
    std::unique_ptr<PublicLog> log = PublicLog::Open(Path(name)).value();
    for (const std::string& entry : entries) {
      log->Append(entry);
    }
    EXPECT_TRUE(log->Flush().ok());
    return log;
  }
  static absl::Status Sign(Signer& signer, PublicLog& log) {
    TreeReader tree(log);
    return signer.Sign(log.head(), tree).status();
  }

  test::TempFolder folder_;
};

TEST_F(SignerTest, ANewSignerHasAKeyOfItsOwnThatOnlyItsOwnerMayRead) {
  const std::string verifier = MustOpen()->verifier().Format();
  struct stat info{};
  ASSERT_EQ(stat(Path("key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_EQ(MustOpen()->verifier().Format(), verifier) << "the same key when it is opened again";
}

TEST_F(SignerTest, TheCheckpointIsSignedByTheKeyAndRemembered) {
  const auto log = LogOf("log", {"a", "b", "c"});
  const auto signer = MustOpen();
  TreeReader tree(*log);
  const absl::StatusOr<tlog::SignedCheckpoint> checkpoint = signer->Sign(log->head(), tree);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->checkpoint.origin, kOrigin);
  EXPECT_EQ(checkpoint->checkpoint.size, 3U);
  EXPECT_EQ(checkpoint->checkpoint.root, log->head().root);
  const std::vector<tlog::VerifierKey> keys{signer->verifier()};
  EXPECT_TRUE(tlog::VerifyNote(checkpoint->note, keys).ok());
  EXPECT_EQ(MustOpen()->last().checkpoint, checkpoint->checkpoint);
}

TEST_F(SignerTest, ALogThatGoesOnIsSignedAgain) {
  const auto signer = MustOpen();
  EXPECT_TRUE(Sign(*signer, *LogOf("one", {"a", "b", "c"})).ok());
  EXPECT_TRUE(Sign(*signer, *LogOf("two", {"a", "b", "c", "d"})).ok());
  EXPECT_TRUE(Sign(*signer, *LogOf("same", {"a", "b", "c", "d"})).ok());
}

TEST_F(SignerTest, TwoHistoriesAreNeverSigned) {
  const auto before = LogOf("before", {"a", "b", "c"});
  ASSERT_TRUE(Sign(*MustOpen(), *before).ok());
  const struct {
    const char* name;
    std::vector<std::string> entries;
    const char* reason;
  } cases[] = {
      {"shorter", {"a", "b"}, "rolled back"},
      {"other-last", {"a", "b", "x"}, "history was changed"},
      {"other-first-and-longer", {"x", "b", "c", "d"}, "history was changed"},
      {"empty", {}, "rolled back"},
  };
  for (const auto& [name, entries, reason] : cases) {
    const auto signer = MustOpen();  // it has forgotten everything but its files
    const absl::Status status = Sign(*signer, *LogOf(name, entries));
    EXPECT_TRUE(absl::IsDataLoss(status)) << name << ": " << status;
    EXPECT_NE(status.message().find(reason), std::string::npos) << name << ": " << status;
    EXPECT_EQ(MustOpen()->last().checkpoint.root, before->head().root) << name;
  }
}

TEST_F(SignerTest, WhatIsLostOrOfAnotherLogIsRefusedWithARunbook) {
  ASSERT_TRUE(Sign(*MustOpen(), *LogOf("log", {"a"})).ok());
  const std::string key = ReadFile(Path("key"), 4'096).value();
  const std::string last = ReadFile(Path("last"), 4'096).value();
  const auto refused = [this](const char* what) {
    const absl::Status status = Open().status();
    EXPECT_FALSE(status.ok()) << what;
    EXPECT_NE(status.message().find("signing-key.md"), std::string::npos) << what << ": " << status;
    return status.code();
  };
  std::filesystem::remove(Path("last"));
  EXPECT_EQ(refused("the last checkpoint is gone"), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(ReplaceFile(Path("last"), last.substr(0, last.size() / 2)).ok());
  EXPECT_EQ(refused("half a checkpoint"), absl::StatusCode::kDataLoss);
  std::string forged = last;
  forged[forged.find("\n1\n") + 1] = '0';  // the size, so that more could be signed
  ASSERT_TRUE(ReplaceFile(Path("last"), forged).ok());
  EXPECT_EQ(refused("a checkpoint that somebody changed"), absl::StatusCode::kDataLoss);
  ASSERT_TRUE(ReplaceFile(Path("last"), last).ok());
  std::filesystem::remove(Path("key"));
  EXPECT_EQ(refused("the key is gone"), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(ReplaceFile(Path("key"), key).ok());
  EXPECT_EQ(Open("example.com/other").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Open().ok());
}

TEST_F(SignerTest, AKeyThatOthersMayReadIsRefused) {
  MustOpen();
  ASSERT_EQ(chmod(Path("key").c_str(), 0640), 0);
  EXPECT_EQ(Open().status().code(), absl::StatusCode::kFailedPrecondition);
}

// A start that was cut short between the two files of a new signer left nothing that was ever shown to anybody.
TEST_F(SignerTest, ACheckpointOfNothingWithoutAKeyIsNothing) {
  MustOpen();
  std::filesystem::remove(Path("key"));
  EXPECT_TRUE(Open().ok());
}

}  // namespace
}  // namespace escrow::publish
