#include "publish/next_key.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "publish/durable_file.h"
#include "publish/key_file.h"
#include "publish/public_log.h"
#include "publish/tree_reader.h"
#include "support/temp_folder.h"
#include "tlog/handover.h"
#include "tlog/note.h"

namespace escrow::publish {
namespace {

constexpr char kOrigin[] = "example.com/log";

class NextKeyTest : public testing::Test {
 protected:
  NextKeyTest() : log_(PublicLog::Open(folder_.path() + "/public").value()) {}

  std::unique_ptr<Signer> MustOpen(const std::string& verifier_key = {}) {
    absl::StatusOr<std::unique_ptr<Signer>> signer = Signer::Open(files_, kOrigin, verifier_key);
    EXPECT_TRUE(signer.ok()) << signer.status();
    return *std::move(signer);
  }
  // Who has signed the checkpoint of one entry more.
  std::vector<tlog::VerifierKey> SignMore(Signer& signer) {
    log_->Append("entry");
    EXPECT_TRUE(log_->Flush().ok());
    TreeReader tree(*log_);
    const absl::StatusOr<tlog::SignedCheckpoint> checkpoint = signer.Sign(log_->head(), tree);
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
    std::vector<tlog::VerifierKey> signers;
    for (const tlog::NoteSignature& line : checkpoint->note.signatures) {
      for (const tlog::VerifierKey& key : keys_) {
        if (key.Made(line) && tlog::VerifyNote(checkpoint->note, std::vector{key}).ok()) {
          signers.push_back(key);
        }
      }
    }
    EXPECT_EQ(signers.size(), checkpoint->note.signatures.size()) << "each line is by a key that the test knows";
    return signers;
  }
  // A signer that has signed something, and a key that could follow its own.
  std::unique_ptr<Signer> Prepared() {
    std::unique_ptr<Signer> signer = MustOpen();
    keys_.push_back(signer->verifier());
    SignMore(*signer);
    keys_.push_back(MakeNextKey(files_).value());
    return signer;
  }

  using Keys = std::vector<tlog::VerifierKey>;

  test::TempFolder folder_;
  const Signer::Files files_{.key = folder_.path() + "/key", .last = folder_.path() + "/last"};
  std::unique_ptr<PublicLog> log_;
  Keys keys_;
};

TEST_F(NextKeyTest, NothingChangesBeforeTheLogSaysSo) {
  EXPECT_TRUE(absl::IsFailedPrecondition(MakeNextKey(files_).status())) << "there is no key yet";
  Prepared();
  EXPECT_TRUE(absl::IsFailedPrecondition(MakeNextKey(files_).status())) << "there is a next key";
  EXPECT_EQ(SignMore(*MustOpen()), Keys{keys_[0]});
}

TEST_F(NextKeyTest, BothSignUntilTheOldKeyIsRemoved) {
  const auto signer = Prepared();
  ASSERT_TRUE(signer->TakeOver().ok());
  EXPECT_EQ(signer->verifier(), keys_[1]);
  EXPECT_EQ(SignMore(*signer), (Keys{keys_[1], keys_[0]}));
  const std::string now = keys_[1].Format();
  EXPECT_EQ(SignMore(*MustOpen(now)), (Keys{keys_[1], keys_[0]}));
  std::filesystem::remove(OldKeyPath(files_));
  EXPECT_EQ(SignMore(*MustOpen(now)), Keys{keys_[1]});
  EXPECT_TRUE(absl::IsNotFound(signer->TakeOver())) << "there is no next key any more";
}

TEST_F(NextKeyTest, TheHandoverIsFromTheKeyBefore) {
  Prepared();
  const std::string next = keys_[1].Format();
  const absl::StatusOr<std::string> handover = MakeHandover(files_, next);
  ASSERT_TRUE(handover.ok()) << handover.status();
  EXPECT_TRUE(tlog::CheckHandover(tlog::ParseHandover(*handover).value(), keys_[0]).ok());
  ASSERT_TRUE(InstallNextKey(files_).ok());
  EXPECT_EQ(*MakeHandover(files_, next), *handover) << "the same when it has happened";
  EXPECT_TRUE(absl::IsNotFound(MakeHandover(files_, keys_[0].Format()).status()));
  EXPECT_TRUE(absl::IsNotFound(MakeHandover(files_, "x").status()));
}

// The log says that the next key signs, and the start finds the files as a stop at each step left them.
TEST_F(NextKeyTest, AHandoverThatWasCutShortIsFinished) {
  const auto signer = Prepared();
  const std::string key = ReadFile(files_.key, 4'096).value();
  const std::string next = ReadFile(NextKeyPath(files_), 4'096).value();
  const auto put = [](const std::string& path, const std::string& bytes) {
    bytes.empty() ? (void)std::filesystem::remove(path) : (void)ReplaceFile(path, bytes);
  };
  const struct {
    const char* name;
    std::string key, next, old;
  } stops[] = {
      {"before anything", key, next, ""},
      {"the old key is kept", key, next, key},
      {"the next key is in its place", next, next, key},
      {"all is done", next, "", key},
  };
  for (const auto& stop : stops) {
    put(files_.key, stop.key);
    put(NextKeyPath(files_), stop.next);
    put(OldKeyPath(files_), stop.old);
    EXPECT_EQ(SignMore(*MustOpen(keys_[1].Format())), (Keys{keys_[1], keys_[0]})) << stop.name;
  }
}

TEST_F(NextKeyTest, AKeyThatTheLogDoesNotNameIsRefusedWithARunbook) {
  Prepared();
  const std::string other = tlog::SignerKey::Generate(kOrigin, tlog::SignatureType::kEd25519).verifier().Format();
  const absl::Status status = Signer::Open(files_, kOrigin, other).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_NE(status.message().find("signing-key.md"), std::string::npos) << status;
}

}  // namespace
}  // namespace escrow::publish
