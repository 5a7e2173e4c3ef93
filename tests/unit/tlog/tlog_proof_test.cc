#include "tlog/tlog_proof.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "support/witnessed_log.h"
#include "tlog/fields.h"

namespace escrow::tlog {
namespace {

Policy PolicyOf(const WitnessedLog& log) {
  absl::StatusOr<Policy> policy = Policy::Parse(log.PolicyText());
  EXPECT_TRUE(policy.ok()) << policy.status();
  return *std::move(policy);
}

TEST(TlogProofTest, ProvesEveryEntry) {
  WitnessedLog log(13);
  const Policy policy = PolicyOf(log);
  for (std::uint64_t index = 0; index < 13; ++index) {
    const std::string bytes = FormatTlogProof(log.Proof(index, 13));
    const auto proof = ParseTlogProof(bytes);
    ASSERT_TRUE(proof.ok()) << proof.status();
    EXPECT_EQ(FormatTlogProof(*proof), bytes);
    EXPECT_EQ(proof->extra, "context");
    const auto proven = VerifyTlogProof(*proof, std::to_string(index), policy);
    ASSERT_TRUE(proven.ok()) << proven.status();
    EXPECT_EQ(proven->leaf, log.tree.leaves()[index]);
    ASSERT_EQ(proven->vouched_by.cosigned.size(), 2U);
    EXPECT_EQ(proven->vouched_by.cosigned[1].time_seconds, kNow + 1);
  }
}

// A file whose bytes are written down here: the only entry of a log, so there is no hash.
TEST(TlogProofTest, HasTheFormOfTheStandard) {
  WitnessedLog log(1);
  TlogProof proof{.extra = "", .index = 0, .hashes = {}, .checkpoint = log.Checkpoint(1)};
  const std::string note = FormatNote(proof.checkpoint.note);
  EXPECT_EQ(FormatTlogProof(proof), "c2sp.org/tlog-proof@v1\nindex 0\n\n" + note);
  proof.extra = "f";
  proof.index = 73'894;
  proof.hashes = {*ParseHash("gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=")};
  EXPECT_EQ(FormatTlogProof(proof),
            "c2sp.org/tlog-proof@v1\nextra Zg==\nindex 73894\ngSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n\n" + note);
}

TEST(TlogProofTest, SaysWhatCannotBeRead) {
  WitnessedLog log(1);
  const std::string first = "c2sp.org/tlog-proof@v1\n";
  const std::string note = FormatNote(log.Checkpoint(1).note);
  const std::string hash = "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n";
  const auto index = [](const std::string& text) {
    return "the proof's index '" + text + "' is not a decimal number below 2^63 without leading zeros";
  };
  const std::string no_index = "the proof has no line 'index ' and a number after its first lines";
  const std::string bad_extra = "the proof's extra data are not 1 byte to 1 MiB in base 64";
  std::string many = first + "index 0\n";
  for (int i = 0; i < 64; ++i) {
    many += hash;
  }
  const std::pair<std::string, std::string> files[] = {
      {"", "the proof does not begin with the line c2sp.org/tlog-proof@v1"},
      {"c2sp.org/tlog-proof@v2\nindex 0\n\n" + note, "the proof does not begin with the line c2sp.org/tlog-proof@v1"},
      {"\n" + first + "index 0\n\n" + note, "the proof does not begin with the line c2sp.org/tlog-proof@v1"},
      {first, no_index},
      {first + "\n" + note, no_index},
      {first + "Index 0\n\n" + note, no_index},
      {first + "extra Zg==\n\n" + note, no_index},
      {first + "extra Zg==\nextra Zg==\nindex 0\n\n" + note, no_index},
      {first + "extra \nindex 0\n\n" + note, bad_extra},
      {first + "extra Zg\nindex 0\n\n" + note, bad_extra},
      {first + "index \n\n" + note, index("")},
      {first + "index 00\n\n" + note, index("00")},
      {first + "index -1\n\n" + note, index("-1")},
      {first + "index 0 \n\n" + note, index("0 ")},
      {first + "index 9223372036854775808\n\n" + note, index("9223372036854775808")},
      {first + "index 0\nindex 0\n\n" + note, "the proof: 'index 0' is not a hash in base 64"},
      {first + "index 0\nextra Zg==\n\n" + note, "the proof: 'extra Zg==' is not a hash in base 64"},
      {first + "index 0\n" + note, "the proof: 'example.com/log' is not a hash in base 64"},
      {first + "index 0\n" + hash.substr(4) + "\n" + note,
       "the proof: 'XoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=' is not a hash in base 64"},
      {first + "index 0\n" + hash, "the proof has no empty line after its hashes"},
      {many + "\n" + note, "the proof has more than 63 hashes"},
      {first + "index 0\n\n", "the note has no blank line between text and signatures"},
      {first + "index 0\n\n\n" + note, "the checkpoint's line 1 is empty"},
      {std::string(kTlogProofBytesMax + 1, 'x'), "the proof has 3145729 bytes, more than 3145728"},
  };
  for (const auto& [bytes, reason] : files) {
    const auto proof = ParseTlogProof(bytes);
    ASSERT_FALSE(proof.ok()) << bytes;
    EXPECT_EQ(std::string(proof.status().message()), reason) << bytes;
  }
}

// Each lie that can be told with the parts of honest proofs: what is changed of a good one, and the reason by which it
// is refused. The log has 13 entries; the proof is of entry 4, whose way has 4 hashes.
struct Lie {
  std::string what;
  std::function<void(TlogProof&, std::string& entry)> tell;
  std::string reason;
};

std::vector<Lie> Lies(WitnessedLog& log, WitnessedLog& other) {
  const std::string not_this = "the proof does not lead from this leaf to this root";
  const std::string unsigned_text = "the signature by 'example.com/log' is not over this text";
  const auto restate = [](TlogProof& proof) {  // the text follows a changed statement, the signatures do not
    proof.checkpoint.note.text = FormatCheckpoint(proof.checkpoint.checkpoint);
  };
  return {
      {"another entry", [](TlogProof&, std::string& entry) { entry = "5"; }, not_this},
      {"an entry with a byte more", [](TlogProof&, std::string& entry) { entry += '\0'; }, not_this},
      {"no entry", [](TlogProof&, std::string& entry) { entry.clear(); }, not_this},
      {"the next index", [](TlogProof& p, std::string&) { p.index = 5; }, not_this},
      {"an index beyond the tree", [](TlogProof& p, std::string&) { p.index = 13; },
       "there is no leaf 13 in a tree of 13 leaves"},
      {"an index at the limit", [](TlogProof& p, std::string&) { p.index = kTreeSizeMax; },
       "there is no leaf 9223372036854775807 in a tree of 13 leaves"},
      {"an index with a shorter way", [](TlogProof& p, std::string&) { p.index = 12; },
       "the proof has 4 hashes, 2 are needed"},
      {"a hash with another bit", [](TlogProof& p, std::string&) { p.hashes[2][7] ^= 4; }, not_this},
      {"no first hash", [](TlogProof& p, std::string&) { p.hashes.erase(p.hashes.begin()); },
       "the proof has 3 hashes, 4 are needed"},
      {"no last hash", [](TlogProof& p, std::string&) { p.hashes.pop_back(); }, "the proof has 3 hashes, 4 are needed"},
      {"no hash", [](TlogProof& p, std::string&) { p.hashes.clear(); }, "the proof has 0 hashes, 4 are needed"},
      {"a hash twice", [](TlogProof& p, std::string&) { p.hashes.push_back(p.hashes.back()); },
       "the proof has 5 hashes, 4 are needed"},
      {"hashes in another order", [](TlogProof& p, std::string&) { std::swap(p.hashes[0], p.hashes[1]); }, not_this},
      {"the hashes of another entry", [&](TlogProof& p, std::string&) { p.hashes = log.Proof(5, 13).hashes; },
       not_this},
      {"the checkpoint of another size", [&](TlogProof& p, std::string&) { p.checkpoint = log.Cosigned(12); },
       not_this},
      {"the checkpoint of a smaller size", [&](TlogProof& p, std::string&) { p.checkpoint = log.Cosigned(4); },
       "there is no leaf 4 in a tree of 4 leaves"},
      {"the checkpoint of no entries", [&](TlogProof& p, std::string&) { p.checkpoint = log.Cosigned(0); },
       "there is no leaf 4 in a tree of 0 leaves"},
      {"the checkpoint of another log", [&](TlogProof& p, std::string&) { p.checkpoint = other.Cosigned(13); },
       "the log 'example.com/other' is not in the policy"},
      {"another origin",
       [&](TlogProof& p, std::string&) {
         p.checkpoint.checkpoint.origin = "a";
         restate(p);
       },
       "the log 'a' is not in the policy"},
      {"another size",
       [&](TlogProof& p, std::string&) {
         p.checkpoint.checkpoint.size = 14;
         restate(p);
       },
       unsigned_text},
      {"another root",
       [&](TlogProof& p, std::string&) {
         p.checkpoint.checkpoint.root[0] ^= 1;
         restate(p);
       },
       unsigned_text},
      {"an extension",
       [&](TlogProof& p, std::string&) {
         p.checkpoint.checkpoint.extensions = {"x"};
         restate(p);
       },
       unsigned_text},
      {"no signature of the log",
       [](TlogProof& p, std::string&) { p.checkpoint.note.signatures.erase(p.checkpoint.note.signatures.begin()); },
       "the log 'example.com/log' has not signed"},
      {"a signature with another bit",
       [](TlogProof& p, std::string&) {
         p.checkpoint.note.signatures[0].bytes[63] = static_cast<char>(p.checkpoint.note.signatures[0].bytes[63] ^ 1);
       },
       unsigned_text},
      {"a cut signature", [](TlogProof& p, std::string&) { p.checkpoint.note.signatures[0].bytes.pop_back(); },
       unsigned_text},
      {"another key's id", [](TlogProof& p, std::string&) { p.checkpoint.note.signatures[0].key_id ^= 1; },
       "the log 'example.com/log' has not signed"},
      {"the signature of another size",
       [&](TlogProof& p, std::string&) { p.checkpoint.note.signatures[0] = log.Checkpoint(12).note.signatures[0]; },
       unsigned_text},
      {"one cosignature", [](TlogProof& p, std::string&) { p.checkpoint.note.signatures.pop_back(); },
       "the quorum is not reached: it needs 'X' (has 1 of the 2 that it needs, without 'X2', 'X3')"},
      {"one cosignature twice",
       [](TlogProof& p, std::string&) { p.checkpoint.note.signatures[2] = p.checkpoint.note.signatures[1]; },
       "the quorum is not reached: it needs 'X' (has 1 of the 2 that it needs, without 'X2', 'X3')"},
      {"one cosignature under two names",
       [](TlogProof& p, std::string&) {
         auto& lines = p.checkpoint.note.signatures;
         lines[2].bytes = lines[1].bytes;
       },
       "the cosignature by 'witness.example/w2' is not over this checkpoint"},
      {"a cosignature at another time",
       [](TlogProof& p, std::string&) {
         char& last = p.checkpoint.note.signatures[1].bytes[7];
         last = static_cast<char>(last + 1);
       },
       "the cosignature by 'witness.example/w1' is not over this checkpoint"},
      {"the cosignature of another size",
       [&](TlogProof& p, std::string&) { p.checkpoint.note.signatures[1] = log.Cosigned(12).note.signatures[1]; },
       "the cosignature by 'witness.example/w1' is not over this checkpoint"},
  };
}

TEST(TlogProofTest, RefusesEveryLieByItsReason) {
  WitnessedLog log(16);
  WitnessedLog other(16, "example.com/other");
  const Policy policy = PolicyOf(log);
  const TlogProof honest = log.Proof(4, 13);
  ASSERT_EQ(honest.hashes.size(), 4U);
  ASSERT_TRUE(VerifyTlogProof(honest, "4", policy).ok());
  for (const Lie& lie : Lies(log, other)) {
    TlogProof told = honest;
    std::string entry = "4";
    lie.tell(told, entry);
    const auto proof = ParseTlogProof(FormatTlogProof(told));  // a lie comes as a file
    ASSERT_TRUE(proof.ok()) << lie.what << ": " << proof.status();
    EXPECT_EQ(std::string(VerifyTlogProof(*proof, entry, policy).status().message()), lie.reason) << lie.what;
  }
}

// Files with a byte changed, cut or twice: nothing but the extra data, which nobody vouches for, can be another.
TEST(TlogProofTest, NoOtherBytesProveTheEntry) {
  WitnessedLog log(13);
  const Policy policy = PolicyOf(log);
  TlogProof honest = log.Proof(4, 13);
  honest.extra.clear();
  const std::string bytes = FormatTlogProof(honest);
  const auto proves = [&](const std::string& file) {
    const auto proof = ParseTlogProof(file);
    return proof.ok() && VerifyTlogProof(*proof, "4", policy).ok();
  };
  ASSERT_TRUE(proves(bytes));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_FALSE(proves(bytes.substr(0, i))) << i;
    std::string lie = bytes;
    lie[i] = static_cast<char>(lie[i] ^ 1);
    EXPECT_FALSE(proves(lie)) << i;
    lie = bytes;
    lie.insert(i, 1, bytes[i]);
    EXPECT_FALSE(proves(lie)) << i;
    lie = bytes;
    lie.erase(i, 1);
    EXPECT_FALSE(proves(lie)) << i;
  }
}

}  // namespace
}  // namespace escrow::tlog
