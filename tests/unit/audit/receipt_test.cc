// Receipts and checkpoints that are checked alone, and whose signatures count.

#include "audit/receipt.h"

#include <gtest/gtest.h>

#include "support/log_export.h"
#include "tlog/cosignature.h"
#include "tlog/proof.h"
#include "tlog/tlog_proof.h"
#include "unit/audit/logs.h"

namespace escrow::audit::test {
namespace {

using escrow::test::CheckpointOf;
using escrow::test::LogKey;

// The hashes of a small tree, computed when they are asked for.
class Tree final : public tlog::HashReader {
 public:
  explicit Tree(const Entries& entries) : entries_(entries) {}
  [[nodiscard]] absl::StatusOr<std::vector<tlog::Hash>> ReadHashes(std::span<const tlog::NodeId> nodes) override {
    std::vector<tlog::Hash> hashes;
    for (const tlog::NodeId& node : nodes) {
      tlog::CompactRange range;
      for (std::uint64_t i = node.index << node.level; i < (node.index + 1) << node.level; ++i) {
        range.Append(hasher_.Leaf(entries_.at(i)), hasher_);
      }
      hashes.push_back(range.Root(hasher_));
    }
    return hashes;
  }

 private:
  const Entries& entries_;
  tlog::TreeHasher hasher_;
};

tlog::TlogProof ProofOf(const Entries& entries, std::uint64_t index, const std::string& extra) {
  Tree tree(entries);
  return {.extra = extra,
          .index = index,
          .hashes = tlog::BuildInclusionProof(index, entries.size(), tree).value(),
          .checkpoint = tlog::ParseSignedCheckpoint(CheckpointOf(entries, LogKey())).value()};
}

// What is wrong; "right", or what made it unusable.
std::string Said(const std::string& proof, const std::optional<std::string>& entry, const Trust& trust) {
  const absl::StatusOr<ReceiptReport> report = CheckReceipt(proof, entry, trust);
  if (!report.ok()) {
    return "unusable: " + std::string(report.status().message());
  }
  return report->wrong ? *report->wrong : report->checkpoint.wrong ? *report->checkpoint.wrong : "right";
}

Trust LogTrust() { return {.keys = {LogKey().verifier()}, .policy = {}}; }

TEST(ReceiptTest, EachEventHasOne) {
  const Entries log = LogOf(ShopStory(9'999));
  for (std::size_t i = 0; i < log.size(); ++i) {
    EXPECT_EQ(Said(tlog::FormatTlogProof(ProofOf(log, i, log[i])), std::nullopt, LogTrust()), "right") << i;
    EXPECT_EQ(Said(tlog::FormatTlogProof(ProofOf(log, i, "")), log[i], LogTrust()), "right") << i;
  }
}

TEST(ReceiptTest, LiesAreNamed) {
  const Entries log = LogOf(ShopStory(9'999));
  const std::string good = tlog::FormatTlogProof(ProofOf(log, 12, log[12]));
  EXPECT_EQ(Said(good, std::nullopt, LogTrust()), "right");
  EXPECT_TRUE(Said(good, log[11], LogTrust()).starts_with("the entry is not proven to be in the log: "));
  tlog::TlogProof surplus = ProofOf(log, 12, log[12]);
  surplus.hashes.push_back(surplus.hashes.back());
  EXPECT_TRUE(Said(tlog::FormatTlogProof(surplus), std::nullopt, LogTrust())
                  .starts_with("the entry is not proven to be in the log: "));
  tlog::TlogProof elsewhere = ProofOf(log, 12, log[12]);
  elsewhere.index = 13;
  EXPECT_TRUE(Said(tlog::FormatTlogProof(elsewhere), std::nullopt, LogTrust())
                  .starts_with("the entry is not proven to be in the log: "));
  // A log that holds its event 13 a second time, as leaf 13, and proves it truly.
  Entries repeated = log;
  repeated[13] = log[12];
  EXPECT_EQ(Said(tlog::FormatTlogProof(ProofOf(repeated, 13, log[12])), std::nullopt, LogTrust()),
            "leaf 13 holds event 13");
  Entries garbage = log;
  garbage[13] = "hello";
  EXPECT_EQ(Said(tlog::FormatTlogProof(ProofOf(garbage, 13, "hello")), std::nullopt, LogTrust()),
            "the entry is no escrow.v1.Event");
  EXPECT_EQ(Said(tlog::FormatTlogProof(ProofOf(log, 12, "")), std::nullopt, LogTrust()),
            "unusable: the proof carries no entry, and none is given beside it");
  EXPECT_TRUE(Said("hello", std::nullopt, LogTrust()).starts_with("unusable: "));
}

// ---- whose signatures count

TEST(TrustTest, EveryKeyMustHaveSignedAndOneIsTheLogs) {
  const tlog::SignerKey witness = tlog::SignerKey::Generate("witness.example", tlog::SignatureType::kCosignature);
  const tlog::SignerKey other = tlog::SignerKey::Generate("other.example", tlog::SignatureType::kCosignature);
  const Entries log = LogOf(ShopStory(9'999));
  tlog::SignedCheckpoint checkpoint = tlog::ParseSignedCheckpoint(CheckpointOf(log, LogKey())).value();
  checkpoint.note.signatures.push_back(tlog::Cosign(witness, checkpoint.note.text, 1'700'000'000));
  struct Row {
    std::vector<tlog::VerifierKey> keys;
    std::string said;
  };
  const Row kTable[] = {
      {{LogKey().verifier()}, "log log.example/escrow"},
      {{LogKey().verifier(), witness.verifier()},
       "log log.example/escrow, witness witness.example at 2023-11-14T22:13:20Z"},
      {{LogKey().verifier(), other.verifier()}, "wrong: the checkpoint is not signed by other.example"},
      {{witness.verifier()}, "wrong: none of the keys is that of the log log.example/escrow, which must have signed"},
  };
  for (const Row& row : kTable) {
    std::vector<std::string> signers;
    const Complaint wrong = CheckSignatures(checkpoint, {.keys = row.keys, .policy = {}}, signers);
    std::string said = wrong ? "wrong: " + *wrong : "";
    for (std::size_t i = 0; !wrong && i < signers.size(); ++i) {
      said += (i == 0 ? "" : ", ") + signers[i];
    }
    EXPECT_EQ(said, row.said);
  }
}

TEST(TrustTest, APolicyAsksForAQuorum) {
  const tlog::SignerKey witness = tlog::SignerKey::Generate("witness.example", tlog::SignatureType::kCosignature);
  const Entries log = LogOf(ShopStory(9'999));
  const std::string policy =
      "log " + LogKey().verifier().Format() + "\nwitness w " + witness.verifier().Format() + "\nquorum w\n";
  const Trust trust{.keys = {}, .policy = tlog::Policy::Parse(policy).value()};
  const std::string alone = CheckpointOf(log, LogKey());
  EXPECT_TRUE(CheckCheckpoint(alone, trust)->wrong.has_value());
  tlog::SignedCheckpoint checkpoint = tlog::ParseSignedCheckpoint(alone).value();
  checkpoint.note.signatures.push_back(tlog::Cosign(witness, checkpoint.note.text, 1'700'000'000));
  const CheckpointReport report = CheckCheckpoint(tlog::FormatNote(checkpoint.note), trust).value();
  EXPECT_EQ(report.wrong, std::nullopt);
  EXPECT_EQ(report.signers, (std::vector<std::string>{"log log.example/escrow", "witness w at 2023-11-14T22:13:20Z"}));
  EXPECT_FALSE(CheckCheckpoint(alone, {})->checked);
}

}  // namespace
}  // namespace escrow::audit::test
