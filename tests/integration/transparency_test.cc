#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <thread>

#include "escrow/v1/receipt.pb.h"
#include "integration/harness.h"
#include "publish/next_key.h"
#include "publish/tree_reader.h"
#include "tlog/checkpoint.h"
#include "tlog/handover.h"
#include "tlog/note.h"
#include "tlog/policy.h"
#include "tlog/proof.h"
#include "tlog/tlog_proof.h"
#include "unit/core/world.h"

// Checkpoints and proofs as a client gets them, checked with nothing but what the client has.
namespace escrow::test {
namespace {

using core::test::Contract;
using core::test::Create;
using core::test::CreateParty;
using core::test::CreatePlatform;
using core::test::Deposit;
using core::test::Step;
using Transparency = v1::TransparencyService::Stub;

tlog::Hash ToHash(const std::string& bytes) {
  tlog::Hash hash;
  EXPECT_EQ(bytes.size(), hash.size());
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

template <class Proof>
std::vector<tlog::Hash> HashesOf(const Proof& proof) {
  std::vector<tlog::Hash> hashes;
  for (const std::string& bytes : proof.hashes()) {
    hashes.push_back(ToHash(bytes));
  }
  return hashes;
}

class TransparencyTest : public testing::TestWithParam<bool> {
 protected:
  // The newest checkpoint once it covers everything that is durable; its signature is checked.
  v1::Checkpoint Newest() {
    const std::uint64_t durable = shop_.engine().watermarks().durable_sequence;
    v1::Checkpoint checkpoint;
    std::string reason = "NOT_PUBLISHED";
    while (reason == "NOT_PUBLISHED" || static_cast<std::uint64_t>(checkpoint.tree_size()) < durable) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      reason = ReasonOf(shop_.root().Call(&Transparency::GetCheckpoint, v1::GetCheckpointRequest(), checkpoint));
      if (reason != "OK" && reason != "NOT_PUBLISHED") {
        ADD_FAILURE() << reason;
        break;
      }
    }
    CheckSignature(checkpoint);
    return checkpoint;
  }

  static void CheckSignature(const v1::Checkpoint& checkpoint) {
    const auto parsed = tlog::ParseSignedCheckpoint(checkpoint.note());
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    const std::vector<tlog::VerifierKey> keys{tlog::VerifierKey::Parse(checkpoint.verifier_key()).value()};
    EXPECT_TRUE(tlog::VerifyNote(parsed->note, keys).ok());
    EXPECT_EQ(parsed->checkpoint.origin, checkpoint.origin());
    EXPECT_EQ(parsed->checkpoint.size, static_cast<std::uint64_t>(checkpoint.tree_size()));
    EXPECT_EQ(parsed->checkpoint.root, ToHash(checkpoint.root_hash()));
  }

  static HarnessOptions Options() {
    HarnessOptions options;
    options.tls = GetParam();
    return options;
  }

  Shop shop_{Options()};
};

TEST_P(TransparencyTest, EveryEventIsProvenToEverybody) {
  const v1::Checkpoint newest = Newest();
  tlog::TreeHasher hasher;
  Client& buyer = shop_.party("buyer");
  for (std::int64_t sequence = 1; sequence <= newest.tree_size(); ++sequence) {
    v1::GetInclusionProofRequest request;
    request.set_sequence(sequence);
    request.set_tree_size(newest.tree_size());
    const v1::InclusionProof proof = buyer.Must(&Transparency::GetInclusionProof, request);
    const std::string stored = *shop_.journal().ReadOne(static_cast<std::uint64_t>(sequence));
    EXPECT_EQ(ToHash(proof.leaf_hash()), hasher.Leaf(stored));
    EXPECT_TRUE(tlog::VerifyInclusion(hasher.Leaf(stored), static_cast<std::uint64_t>(proof.leaf_index()),
                                      static_cast<std::uint64_t>(proof.tree_size()), HashesOf(proof),
                                      ToHash(newest.root_hash()))
                    .ok())
        << sequence;
  }
}

TEST_P(TransparencyTest, OldCheckpointsLeadToNewOnes) {
  const v1::Checkpoint old = Newest();
  for (int i = 0; i < 30; ++i) {
    shop_.shop().MustRun(CreateParty("later" + std::to_string(i)));
  }
  const v1::Checkpoint now = Newest();
  v1::GetConsistencyProofRequest request;
  request.set_old_size(old.tree_size());
  request.set_new_size(now.tree_size());
  const v1::ConsistencyProof proof = shop_.shop().Must(&Transparency::GetConsistencyProof, request);
  EXPECT_TRUE(tlog::VerifyConsistency(static_cast<std::uint64_t>(old.tree_size()),
                                      static_cast<std::uint64_t>(now.tree_size()), ToHash(old.root_hash()),
                                      ToHash(now.root_hash()), HashesOf(proof))
                  .ok());
  EXPECT_EQ(proof.checkpoint().note(), now.note());
}

TEST_P(TransparencyTest, EntriesAreTheStoredBytesAndForThoseWhoMayReadAll) {
  const v1::Checkpoint newest = Newest();
  v1::ListEntriesRequest request;
  request.set_first_index(2);
  request.set_count(3);
  const v1::ListEntriesResponse page = shop_.root().Must(&Transparency::ListEntries, request);
  ASSERT_EQ(page.entries_size(), 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(page.entries(i), *shop_.journal().ReadOne(static_cast<std::uint64_t>(3 + i)));
  }
  request.set_count(0);
  EXPECT_EQ(shop_.root().Must(&Transparency::ListEntries, request).entries_size(), newest.tree_size() - 2);
  EXPECT_EQ(shop_.shop().Try(&Transparency::ListEntries, request), "PERMISSION_DENIED");
  EXPECT_EQ(shop_.party("buyer").Try(&Transparency::ListEntries, request), "PERMISSION_DENIED");
}

TEST_P(TransparencyTest, AReceiptProvesAnEventAndItsHistoryAlone) {
  shop_.shop().MustRun(Create("a", Contract({Step("m1", 100)})));
  const v1::CommandReply funded = shop_.shop().MustRun(Deposit("a", 100));
  (void)Newest();
  v1::GetReceiptRequest request;
  request.set_sequence(funded.first_sequence());
  const v1::GetReceiptResponse response = shop_.party("buyer").Must(&Transparency::GetReceipt, request);

  // From here on with nothing but the file and the key.
  const auto policy = tlog::Policy::Parse("log " + response.verifier_key() + "\nquorum none\n");
  ASSERT_TRUE(policy.ok()) << policy.status();
  const auto proof = tlog::ParseTlogProof(response.tlog_proof());
  ASSERT_TRUE(proof.ok()) << proof.status();
  v1::Receipt receipt;
  ASSERT_TRUE(receipt.ParseFromString(proof->extra));
  EXPECT_TRUE(tlog::VerifyTlogProof(*proof, receipt.event(), *policy).ok());
  v1::Event event;
  ASSERT_TRUE(event.ParseFromString(receipt.event()));
  EXPECT_EQ(event.sequence(), funded.first_sequence());
  EXPECT_TRUE(event.has_deposit_recorded());
  tlog::TreeHasher hasher;
  for (const v1::ProvenEvent& before : receipt.history()) {
    const std::uint64_t expected = event.previous_sequence();
    ASSERT_TRUE(event.ParseFromString(before.event()));
    EXPECT_EQ(event.sequence(), expected);
    EXPECT_TRUE(tlog::VerifyInclusion(hasher.Leaf(before.event()), event.sequence() - 1,
                                      proof->checkpoint.checkpoint.size, HashesOf(before),
                                      proof->checkpoint.checkpoint.root)
                    .ok());
  }
  EXPECT_EQ(event.previous_sequence(), 0U) << "back to the first event of the agreement";
  EXPECT_TRUE(event.has_agreement_created());
  EXPECT_EQ(shop_.party("carrier").Try(&Transparency::GetReceipt, request), "PERMISSION_DENIED");
  request.set_sequence(0);
  EXPECT_EQ(shop_.shop().Try(&Transparency::GetReceipt, request), "INVALID_FIELD");
  request.set_sequence(1'000'000);
  EXPECT_EQ(shop_.shop().Try(&Transparency::GetReceipt, request), "NOT_PUBLISHED");
}

TEST_P(TransparencyTest, WhatIsNotThereIsRefused) {
  const v1::Checkpoint newest = Newest();
  const auto inclusion = [this](std::int64_t sequence, std::int64_t size) {
    v1::GetInclusionProofRequest request;
    request.set_sequence(sequence);
    request.set_tree_size(size);
    return shop_.shop().Try(&Transparency::GetInclusionProof, request);
  };
  const auto consistency = [this](std::int64_t old_size, std::int64_t new_size) {
    v1::GetConsistencyProofRequest request;
    request.set_old_size(old_size);
    request.set_new_size(new_size);
    return shop_.shop().Try(&Transparency::GetConsistencyProof, request);
  };
  const auto entries = [this](std::int64_t first, std::int32_t count) {
    v1::ListEntriesRequest request;
    request.set_first_index(first);
    request.set_count(count);
    return shop_.root().Try(&Transparency::ListEntries, request);
  };
  const std::int64_t size = newest.tree_size();
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(inclusion(0, size), "INVALID_FIELD");
  EXPECT_EQ(inclusion(-1, size), "INVALID_FIELD");
  EXPECT_EQ(inclusion(1, -1), "INVALID_FIELD");
  EXPECT_EQ(inclusion(2, 1), "INVALID_FIELD");
  EXPECT_EQ(inclusion(1, kMax), "NOT_PUBLISHED");
  EXPECT_EQ(inclusion(size + 1'000, 0), "NOT_PUBLISHED");
  EXPECT_EQ(consistency(-1, size), "INVALID_FIELD");
  EXPECT_EQ(consistency(size, size - 1), "INVALID_FIELD");
  EXPECT_EQ(consistency(1, kMax), "NOT_PUBLISHED");
  EXPECT_EQ(consistency(0, size), "OK");
  EXPECT_EQ(entries(-1, 0), "INVALID_FIELD");
  EXPECT_EQ(entries(0, -1), "INVALID_FIELD");
  EXPECT_EQ(entries(size + 1'000, 0), "NOT_PUBLISHED");
}

TEST_P(TransparencyTest, ARestartKeepsKeyAndHistory) {
  const v1::Checkpoint before = Newest();
  shop_.Restart();
  const v1::Checkpoint after = Newest();
  EXPECT_EQ(after.verifier_key(), before.verifier_key());
  EXPECT_GE(after.tree_size(), before.tree_size());
}

// deploy/runbooks/signing-key.md, "Another key".
TEST_P(TransparencyTest, AnotherKeyTakesOver) {
  const std::string first = Newest().verifier_key();
  const publish::Signer::Files files{.key = shop_.folder() + "/signing.key",
                                     .last = shop_.folder() + "/last-checkpoint"};
  v1::RotateSigningKeyRequest request;
  request.set_request_id(NewRequestId());
  request.set_verifier_key(first);
  EXPECT_EQ(shop_.root().Try(&Transparency::RotateSigningKey, request), "SIGNING_KEY_NOT_FOUND");
  const std::string next = publish::MakeNextKey(files)->Format();
  request.set_verifier_key(next);
  EXPECT_EQ(shop_.shop().Try(&Transparency::RotateSigningKey, request), "PERMISSION_DENIED");
  request.set_handover("mine");
  EXPECT_EQ(shop_.root().Try(&Transparency::RotateSigningKey, request), "INVALID_FIELD");
  request.clear_handover();
  request.set_validate_only(true);
  EXPECT_EQ(shop_.root().Try(&Transparency::RotateSigningKey, request), "OK");
  request.set_validate_only(false);
  v1::Command in_batch;
  *in_batch.mutable_rotate_signing_key() = request;
  in_batch.mutable_rotate_signing_key()->set_handover("mine");
  v1::ExecuteBatchRequest batch;
  *batch.add_commands() = in_batch;
  EXPECT_EQ(shop_.root().Try(&v1::CommandService::Stub::ExecuteBatch, batch), "INVALID_FIELD");
  EXPECT_EQ(Newest().verifier_key(), first) << "nothing has happened yet";

  const v1::CommandReply done = shop_.root().Must(&Transparency::RotateSigningKey, request);
  ASSERT_EQ(done.events_size(), 1);
  const auto handover = tlog::ParseHandover(done.events(0).command().rotate_signing_key().handover());
  ASSERT_TRUE(handover.ok()) << handover.status();
  EXPECT_TRUE(tlog::CheckHandover(*handover, tlog::VerifierKey::Parse(first).value()).ok());
  const v1::Checkpoint both = Newest();
  EXPECT_EQ(both.verifier_key(), next);
  const std::vector<tlog::VerifierKey> keys{tlog::VerifierKey::Parse(first).value(),
                                            tlog::VerifierKey::Parse(next).value()};
  EXPECT_EQ(tlog::VerifyNote(tlog::ParseNote(both.note()).value(), keys)->size(), 2U);

  const v1::CommandReply again = shop_.root().Must(&Transparency::RotateSigningKey, request);
  EXPECT_TRUE(again.repeated_request());
  EXPECT_EQ(again.first_sequence(), done.first_sequence());
  std::filesystem::remove(publish::OldKeyPath(files));
  shop_.Restart();
  EXPECT_TRUE(shop_.root().Must(&Transparency::RotateSigningKey, request).repeated_request())
      << "also when the old key is gone";
  request.set_request_id(NewRequestId());
  EXPECT_EQ(shop_.root().Try(&Transparency::RotateSigningKey, request), "SIGNING_KEY_EXISTS");
  shop_.root().MustRun(CreatePlatform("later"));
  const v1::Checkpoint alone = Newest();
  EXPECT_EQ(alone.verifier_key(), next);
  EXPECT_EQ(tlog::ParseNote(alone.note())->signatures.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Channels, TransparencyTest, testing::Bool(),
                         [](const auto& channel) { return channel.param ? "Tls" : "Clear"; });

}  // namespace
}  // namespace escrow::test
