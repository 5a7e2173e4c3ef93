#include "tlog/witness.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "support/witnessed_log.h"
#include "tlog/fields.h"

namespace escrow::tlog {
namespace {

// The example of the standard.
const std::string kPublishedBody =
    "old 20852014\n"
    "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
    "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
    "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
    "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
    "\n"
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— example.com/behind-the-sofa "
    "opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n";

TEST(AddCheckpointTest, PublishedBodyIsRead) {
  const auto request = ParseAddCheckpoint(kPublishedBody);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->old_size, 20'852'014U);
  EXPECT_EQ(request->proof.size(), 4U);
  EXPECT_EQ(request->checkpoint.checkpoint.size, 20'852'163U);
  EXPECT_EQ(request->checkpoint.note.signatures.size(), 2U);
  EXPECT_EQ(FormatAddCheckpoint(*request), kPublishedBody);
}

TEST(AddCheckpointTest, PublishedAnswerIsRead) {
  const auto lines = ParseSignatureLines(
      "— witness.example/w1 "
      "CMp+6LWBU0anHGH5aNDTJkH/gj79sG+T6+iP2ThYN5krrDJbR1HDnucjL39QsZTSvVjyQLrdk3DXDqI5G2HgLatVs0pWh6Up69HVOw==\n"
      "— witness.example/w1 "
      "I7rEps0pvK2UqkS2gSpVUDhrhVtQV9lgF6pRrWAvjJHjyWpW7VcE3SiOlVlbQNt64vWhO+DlkL0+UfzuOBMh9ChdMkP1vi/lCAsmlw==\n"
      "— witness.example/w2 "
      "AWui8Sk55XjYLOijihBjhqEH6nS1ndDymE0a+6idX7pLcnoB+dhnz0854aLZgrrKbYKA7nC3HNJhm/kWl7oJlqU3rXXvpysAdyP3wQ==\n");
  ASSERT_TRUE(lines.ok()) << lines.status();
  ASSERT_EQ(lines->size(), 3U);
  EXPECT_EQ((*lines)[2].name, "witness.example/w2");
  EXPECT_EQ((*lines)[2].bytes.size(), 72U);
}

TEST(AddCheckpointTest, SaysWhatCannotBeRead) {
  const std::string rest = kPublishedBody.substr(kPublishedBody.find("\n\n") + 1);
  const std::string start = "the request does not begin with a line 'old ' and a size";
  std::string many = "old 1\n";
  for (int i = 0; i < 64; ++i) {
    many += "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n";
  }
  const std::pair<std::string, std::string> bodies[] = {
      {"", start},
      {"old 1", start},
      {"old\n" + rest, start},
      {"old \n" + rest, start},
      {"old 01\n" + rest, start},
      {"old -1\n" + rest, start},
      {"old  1\n" + rest, start},
      {"old 9223372036854775808\n" + rest, start},
      {"new 1\n" + rest, start},
      {rest, start},
      {"old 1\nold 1\n" + rest, "the request: 'old 1' is not a hash in base 64"},
      {"old 1\n" + rest.substr(1), "the request: 'example.com/behind-the-sofa' is not a hash in base 64"},
      {"old 1\n", "the request has no empty line after its hashes"},
      {"old 1\n\n", "the note has no blank line between text and signatures"},
      {many + rest, "the request has more than 63 hashes"},
  };
  for (const auto& [body, reason] : bodies) {
    EXPECT_EQ(std::string(ParseAddCheckpoint(body).status().message()), reason) << body;
  }
}

TEST(AddCheckpointTest, ReadsTheKnownSize) {
  EXPECT_EQ(*ReadKnownSize("0\n"), 0U);
  EXPECT_EQ(*ReadKnownSize("20852163\n"), 20'852'163U);
  for (const char* body : {"", "\n", "5", "5\n\n", "05\n", "-5\n", "5\r\n", "five\n", "9223372036854775808\n"}) {
    EXPECT_FALSE(ReadKnownSize(body).ok()) << body;
  }
}

TEST(AddCheckpointTest, TakesGoodCosignaturesOfTrustedWitnesses) {
  WitnessedLog log(3);
  const SignedCheckpoint checkpoint = log.Checkpoint(3);
  const std::vector<VerifierKey> trusted = {log.witnesses[0].verifier(), log.witnesses[1].verifier()};
  const NoteSignature one = Cosign(log.witnesses[1], checkpoint.note.text, kNow);
  const NoteSignature unknown = Cosign(log.witnesses[2], checkpoint.note.text, kNow);
  const NoteSignature of_another = Cosign(log.witnesses[0], log.Checkpoint(2).note.text, kNow);
  const auto cosignatures =
      ReadCosignatures(FormatSignatureLine(unknown) + FormatSignatureLine(one), checkpoint, trusted);
  ASSERT_TRUE(cosignatures.ok()) << cosignatures.status();
  EXPECT_EQ(*cosignatures, std::vector{one});
  const auto reason = [&](const std::string& body) {
    return std::string(ReadCosignatures(body, checkpoint, trusted).status().message());
  };
  EXPECT_EQ(reason(FormatSignatureLine(unknown)), "no known key has signed");
  EXPECT_EQ(reason(FormatSignatureLine(one) + FormatSignatureLine(of_another)),
            "the cosignature by 'witness.example/w1' is not over this checkpoint");
  EXPECT_EQ(reason(""), "there is no signature line");
  EXPECT_EQ(reason("not found\n"), "the signature line 'not found' does not begin with a dash and a space");
}

// A record in memory. `before_replace` is what others do between the look and the change.
class MemoryStore final : public WitnessStore {
 public:
  [[nodiscard]] absl::StatusOr<std::optional<WitnessedCheckpoint>> Load(std::string_view origin) override {
    if (failing) {
      return absl::UnavailableError("the disk is gone");
    }
    const auto found = records.find(origin);
    return found == records.end() ? std::nullopt : std::optional(found->second);
  }

  [[nodiscard]] absl::StatusOr<bool> Replace(std::string_view origin,
                                             const std::optional<WitnessedCheckpoint>& expected,
                                             const WitnessedCheckpoint& next) override {
    if (before_replace) {
      std::exchange(before_replace, nullptr)();
    }
    if (failing) {
      return absl::UnavailableError("the disk is gone");
    }
    const auto found = records.find(origin);
    const bool same = found == records.end()
                          ? !expected.has_value()
                          : expected && expected->size == found->second.size && expected->root == found->second.root;
    if (same) {
      records.insert_or_assign(std::string(origin), next);
    }
    return same;
  }

  std::map<std::string, WitnessedCheckpoint, std::less<>> records;
  std::function<void()> before_replace;
  bool failing = false;
};

class WitnessTest : public testing::Test {
 protected:
  std::string Body(std::uint64_t old_size, std::uint64_t size) {
    return FormatAddCheckpoint({.old_size = old_size,
                                .proof = *BuildConsistencyProof(old_size, size, log_.tree),
                                .checkpoint = log_.Checkpoint(size)});
  }
  WitnessResponse Ask(const std::string& body) { return witness_.AddCheckpoint(body, store_, kNow); }
  WitnessResponse Ask(const AddCheckpointRequest& request) { return Ask(FormatAddCheckpoint(request)); }

  void ExpectRefusal(const WitnessResponse& response, int status, const std::string& reason) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.body, reason + "\n");
    EXPECT_EQ(response.content_type, "text/plain; charset=utf-8");
  }
  void ExpectConflict(const WitnessResponse& response, const std::string& size) {
    EXPECT_EQ(response.status, 409) << response.body;
    EXPECT_EQ(response.content_type, "text/x.tlog.size");
    EXPECT_EQ(response.body, size + "\n");
  }

  WitnessedLog log_{16};
  MemoryStore store_;
  Witness witness_{FixedKey("witness.example/w1", SignatureType::kCosignature, 11),
                   {{"example.com/log", {log_.key.verifier()}}}};
};

TEST_F(WitnessTest, CosignsWhatIsConsistentAndRemembersIt) {
  std::uint64_t known = 0;
  for (const std::uint64_t size : {0U, 1U, 1U, 6U, 16U}) {
    const WitnessResponse response = Ask(Body(known, size));
    ASSERT_EQ(response.status, 200) << response.body;
    const auto lines = ReadCosignatures(response.body, log_.Checkpoint(size), std::vector{witness_.verifier()});
    ASSERT_TRUE(lines.ok()) << lines.status();
    const WitnessedCheckpoint& record = store_.records.at("example.com/log");
    EXPECT_EQ(record.size, size);
    EXPECT_EQ(record.root, log_.tree.Root(size));
    const auto note = ParseNote(record.note);
    ASSERT_TRUE(note.ok()) << note.status();
    EXPECT_EQ(VerifyNote(*note, std::vector{log_.key.verifier(), witness_.verifier()})->size(), 2U);
    known = size;
  }
}

TEST_F(WitnessTest, SaysTheKnownSize) {
  ExpectConflict(Ask(Body(5, 6)), "0");
  ASSERT_EQ(Ask(Body(0, 6)).status, 200);
  ExpectConflict(Ask(Body(0, 6)), "6");
  ExpectConflict(Ask(Body(0, 16)), "6");
  ExpectConflict(Ask(Body(7, 16)), "6");
  ExpectConflict(Ask(Body(5, 5)), "6");
  EXPECT_EQ(store_.records.at("example.com/log").size, 6U);
}

TEST_F(WitnessTest, RefusesByTheStatusOfTheStandard) {
  ASSERT_EQ(Ask(Body(0, 6)).status, 200);
  const std::string note = store_.records.at("example.com/log").note;
  const SignedCheckpoint good = log_.Checkpoint(16);
  const std::vector<Hash> proof = *BuildConsistencyProof(6, 16, log_.tree);
  SignedCheckpoint bad = good;

  ExpectRefusal(Ask(std::string("old 6\n")), 400, "the request has no empty line after its hashes");
  ExpectRefusal(Ask({.old_size = 17, .proof = {}, .checkpoint = good}), 400,
                "the old size is more than the checkpoint's");
  WitnessedLog other(16, "example.com/other");
  ExpectRefusal(Ask({.old_size = 0, .proof = {}, .checkpoint = other.Checkpoint(16)}), 404,
                "this witness does not know the log");
  bad.note.signatures = {FixedKey("example.com/log", SignatureType::kEd25519, 2).Sign(good.note.text)};
  ExpectRefusal(Ask({.old_size = 6, .proof = proof, .checkpoint = bad}), 403, "no known key has signed");
  bad.note.signatures = {good.note.signatures[0], log_.Checkpoint(6).note.signatures[0]};
  ExpectRefusal(Ask({.old_size = 6, .proof = proof, .checkpoint = bad}), 403,
                "the signature by 'example.com/log' is not over this text");
  ExpectRefusal(Ask({.old_size = 6, .proof = {}, .checkpoint = good}), 422, "the proof has 0 hashes, 4 are needed");
  std::vector<Hash> changed = proof;
  changed[0][0] ^= 1;
  ExpectRefusal(Ask({.old_size = 6, .proof = changed, .checkpoint = good}), 422,
                "the proof does not lead to the old root");
  // The operator rewrites the log: the same size with another root, then a longer one with a proof of its own.
  const auto rewritten = [&](std::uint64_t size, const Hash& root) {
    return SignCheckpoint({.origin = "example.com/log", .size = size, .root = root, .extensions = {}}, log_.key);
  };
  ExpectRefusal(Ask({.old_size = 6, .proof = {}, .checkpoint = rewritten(6, log_.tree.Root(5))}), 422,
                "there are two roots of one size");
  ExpectRefusal(Ask({.old_size = 6, .proof = proof, .checkpoint = rewritten(16, log_.tree.Root(15))}), 422,
                "the proof does not lead to the new root");
  EXPECT_EQ(store_.records.at("example.com/log").note, note);
}

TEST_F(WitnessTest, TheTreeOfNothingHasOneRootAndNeedsNoProof) {
  const Checkpoint wrong{.origin = "example.com/log", .size = 0, .root = log_.tree.Root(1), .extensions = {}};
  ExpectRefusal(Ask({.old_size = 0, .proof = {}, .checkpoint = SignCheckpoint(wrong, log_.key)}), 422,
                "the root of a tree of 0 leaves is not that of the empty tree");
  ExpectRefusal(Ask({.old_size = 0, .proof = {log_.tree.Root(1)}, .checkpoint = log_.Checkpoint(6)}), 422,
                "the proof has 1 hash, 0 are needed");
  EXPECT_TRUE(store_.records.empty());
}

// The race of the standard: two requests are checked against size 1, the larger is stored first.
TEST_F(WitnessTest, ASlowerRequestGetsNoCosignature) {
  ASSERT_EQ(Ask(Body(0, 1)).status, 200);
  WitnessResponse faster;
  store_.before_replace = [&] { faster = Ask(Body(1, 16)); };
  ExpectConflict(Ask(Body(1, 6)), "16");
  EXPECT_EQ(faster.status, 200);
  EXPECT_EQ(store_.records.at("example.com/log").size, 16U);
}

TEST_F(WitnessTest, CosignsNothingThatItCannotRemember) {
  const std::string failed = "the witness cannot read or keep its record; ask again later";
  store_.before_replace = [&] { store_.failing = true; };
  ExpectRefusal(Ask(Body(0, 1)), 500, failed);
  ExpectRefusal(Ask(Body(0, 1)), 500, failed);
  EXPECT_TRUE(store_.records.empty());
}

TEST(MonitoringPathTest, IsTheHashOfTheOrigin) {
  EXPECT_EQ(MonitoringPath("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad/checkpoint");
}

}  // namespace
}  // namespace escrow::tlog
