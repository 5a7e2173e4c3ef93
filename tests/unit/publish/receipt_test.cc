#include "publish/receipt.h"

#include <gtest/gtest.h>

#include "escrow/v1/receipt.pb.h"
#include "publish/tree_reader.h"
#include "support/temp_folder.h"
#include "tlog/policy.h"
#include "tlog/proof.h"

namespace escrow::publish {
namespace {

constexpr char kOrigin[] = "example.com/log";

// A log of `size` events, each linked to the one before it, and each with a platform name of `bytes` bytes.
class ReceiptTest : public testing::Test {
 protected:
  void Fill(std::uint64_t size, std::size_t bytes) {
    log_ = PublicLog::Open(folder_.path() + "/public").value();
    for (std::uint64_t sequence = 1; sequence <= size; ++sequence) {
      v1::Event event;
      event.set_sequence(sequence);
      event.set_previous_sequence(sequence - 1);
      event.set_platform(std::string(bytes, 'p'));
      log_->Append(event.SerializeAsString());
    }
    ASSERT_TRUE(log_->Flush().ok());
    const TreeHead head = log_->head();
    checkpoint_ =
        tlog::SignCheckpoint({.origin = kOrigin, .size = head.size, .root = head.root, .extensions = {}}, key_);
  }

  // The receipt of the last event, written to a file and read again.
  v1::Receipt OfTheLast() {
    const absl::StatusOr<ProvenReceipt> made = MakeReceipt(*log_, checkpoint_, log_->size());
    EXPECT_TRUE(made.ok()) << made.status();
    const absl::StatusOr<tlog::TlogProof> read = tlog::ParseTlogProof(tlog::FormatTlogProof(made->proof));
    EXPECT_TRUE(read.ok()) << read.status();
    v1::Receipt receipt;
    EXPECT_TRUE(receipt.ParseFromString(read->extra));
    const auto policy = tlog::Policy::Parse("log " + key_.verifier().Format() + "\nquorum none\n");
    EXPECT_TRUE(tlog::VerifyTlogProof(*read, receipt.event(), *policy).ok());
    return receipt;
  }

  test::TempFolder folder_;
  const tlog::SignerKey key_ = tlog::SignerKey::Generate(kOrigin, tlog::SignatureType::kEd25519);
  std::unique_ptr<PublicLog> log_;
  tlog::SignedCheckpoint checkpoint_;
};

TEST_F(ReceiptTest, TheWholeHistoryIsInIt) {
  Fill(300, 1);
  EXPECT_EQ(OfTheLast().history_size(), 299);
}

TEST_F(ReceiptTest, AHistoryOfManyEventsIsCut) {
  Fill(1'500, 1);
  EXPECT_EQ(OfTheLast().history_size(), 1'000);
}

// 1,000 large events would be more than the extra data of a tlog-proof may have.
TEST_F(ReceiptTest, AHistoryOfLargeEventsIsCut) {
  Fill(900, 60'000);
  const v1::Receipt receipt = OfTheLast();
  EXPECT_GT(receipt.history_size(), 10);
  EXPECT_LT(receipt.ByteSizeLong(), std::size_t{1} << 20);
}

TEST_F(ReceiptTest, AnEntryThatIsNoEventIsAnError) {
  Fill(3, 1);
  log_->Append("nonsense");
  ASSERT_TRUE(log_->Flush().ok());
  const TreeHead head = log_->head();
  checkpoint_ = tlog::SignCheckpoint({.origin = kOrigin, .size = head.size, .root = head.root, .extensions = {}}, key_);
  EXPECT_TRUE(absl::IsDataLoss(MakeReceipt(*log_, checkpoint_, 4).status()));
}

}  // namespace
}  // namespace escrow::publish
