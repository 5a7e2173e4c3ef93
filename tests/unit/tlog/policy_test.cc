#include "tlog/policy.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "support/witnessed_log.h"

namespace escrow::tlog {
namespace {

std::string Witness(const std::string& name, std::uint8_t key) {
  return "witness " + name + " " + FixedKey("w/" + name, SignatureType::kCosignature, key).verifier().Format() + "\n";
}

// The example of the standard: two of three X and one of three Y. Its keys are elided there.
constexpr std::size_t kWitnesses = 6;
const char* const kNames[kWitnesses] = {"X1", "X2", "X3", "Y1", "Y2", "Y3"};

std::string ExamplePolicy(const WitnessedLog& log) {
  std::string text = "log " + log.key.verifier().Format() + "\n\n";
  for (std::uint8_t i = 0; i < kWitnesses; ++i) {
    text += Witness(kNames[i], 20 + i);
  }
  return text +
         "group X-witnesses 2 X1 X2 X3\n"
         "group Y-witnesses any Y1 Y2 Y3\n\n"
         "# both organisations\n"
         " \tgroup\tX-and-Y  all X-witnesses Y-witnesses \n"
         "quorum X-and-Y\n";
}

// For each of the 64 sets of witnesses: the quorum is what the definition says.
TEST(PolicyTest, QuorumOfTheExample) {
  WitnessedLog log(3);
  const auto policy = Policy::Parse(ExamplePolicy(log));
  ASSERT_TRUE(policy.ok()) << policy.status();
  for (unsigned set = 0; set < 1U << kWitnesses; ++set) {
    SignedCheckpoint checkpoint = log.Checkpoint(3);
    int x = 0;
    int y = 0;
    for (std::uint8_t i = kWitnesses; i-- > 0;) {  // the order of lines has no meaning
      if ((set >> i & 1) != 0) {
        const SignerKey key = FixedKey(std::string("w/") + kNames[i], SignatureType::kCosignature, 20 + i);
        checkpoint.note.signatures.push_back(Cosign(key, checkpoint.note.text, kNow + i));
        ++(i < 3 ? x : y);
      }
    }
    const auto verdict = policy->Check(checkpoint);
    ASSERT_EQ(verdict.ok(), x >= 2 && y >= 1) << set << ": " << verdict.status();
    if (verdict.ok()) {
      EXPECT_EQ(verdict->log, 0U);
      ASSERT_EQ(verdict->cosigned.size(), static_cast<std::size_t>(x + y));
      for (const Policy::Cosigned& one : verdict->cosigned) {
        EXPECT_TRUE((set >> one.witness & 1) != 0);
        EXPECT_EQ(one.time_seconds, kNow + one.witness);
      }
    }
  }
}

TEST(PolicyTest, SaysWhoIsMissing) {
  WitnessedLog log(3);
  const auto policy = Policy::Parse(ExamplePolicy(log));
  SignedCheckpoint checkpoint = log.Checkpoint(3);
  checkpoint.note.signatures.push_back(
      Cosign(FixedKey("w/X2", SignatureType::kCosignature, 21), checkpoint.note.text, kNow));
  const absl::Status status = policy->Check(checkpoint).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(std::string(status.message()),
            "the quorum is not reached: it needs 'X-and-Y' (has 0 of the 2 that it needs, without 'X-witnesses' (has 1 "
            "of the 2 that it needs, without 'X1', 'X3'), 'Y-witnesses' (has 0 of the 1 that it needs, without 'Y1', "
            "'Y2', 'Y3'))");
}

TEST(PolicyTest, AWitnessAloneOrNone) {
  WitnessedLog log(3);
  const std::string start = "log " + log.key.verifier().Format() + "\n" + Witness("X1", 20);
  const auto none = Policy::Parse(start + "quorum none\n");
  const auto one = Policy::Parse(start + "quorum X1\n");
  SignedCheckpoint checkpoint = log.Checkpoint(3);
  EXPECT_TRUE(none->Check(checkpoint).ok());
  EXPECT_EQ(std::string(one->Check(checkpoint).status().message()), "the quorum is not reached: it needs 'X1'");
  checkpoint.note.signatures.push_back(
      Cosign(FixedKey("w/X1", SignatureType::kCosignature, 20), checkpoint.note.text, kNow));
  EXPECT_TRUE(none->Check(checkpoint).ok());
  EXPECT_TRUE(one->Check(checkpoint).ok());
  checkpoint.note.signatures[1].bytes[9] = static_cast<char>(checkpoint.note.signatures[1].bytes[9] ^ 1);
  for (const auto& policy : {none, one}) {  // a bad line of a known key is never ignored
    EXPECT_EQ(std::string(policy->Check(checkpoint).status().message()),
              "the cosignature by 'w/X1' is not over this checkpoint");
  }
}

TEST(PolicyTest, BelievesTheLogOfTheOriginAlone) {
  WitnessedLog log(3);
  WitnessedLog other(3, "example.com/other");
  const SignerKey rotated = FixedKey("example.com/log", SignatureType::kEd25519, 2);
  const auto policy = Policy::Parse("log " + rotated.verifier().Format() + " https://a.example/\nlog " +
                                    log.key.verifier().Format() + "\nquorum none\n");
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->logs()[0].url, "https://a.example/");
  EXPECT_EQ(policy->logs()[1].url, "");
  SignedCheckpoint checkpoint = log.Checkpoint(3);
  EXPECT_EQ(policy->Check(checkpoint)->log, 1U);
  checkpoint.note.signatures = {rotated.Sign(checkpoint.note.text)};
  EXPECT_EQ(policy->Check(checkpoint)->log, 0U);
  const auto reason = [&] { return std::string(policy->Check(checkpoint).status().message()); };
  checkpoint.note.signatures = {other.key.Sign(checkpoint.note.text)};
  EXPECT_EQ(reason(), "no known key has signed");
  checkpoint = other.Checkpoint(3);
  checkpoint.note.signatures.push_back(log.key.Sign(checkpoint.note.text));
  EXPECT_EQ(reason(), "the log 'example.com/other' is not in the policy");
  const auto empty = Policy::Parse("quorum none\n");
  EXPECT_FALSE(empty->Check(log.Checkpoint(3)).ok());
}

TEST(PolicyTest, WitnessesDoNotReplaceTheLog) {
  WitnessedLog log(3);
  const auto policy = Policy::Parse(log.PolicyText());
  SignedCheckpoint checkpoint = log.Cosigned(3);
  EXPECT_TRUE(policy->Check(checkpoint).ok());
  checkpoint.note.signatures.erase(checkpoint.note.signatures.begin());
  EXPECT_EQ(std::string(policy->Check(checkpoint).status().message()), "the log 'example.com/log' has not signed");
}

TEST(PolicyTest, SaysWhatIsWrong) {
  WitnessedLog log(1);
  const std::string log_line = "log " + log.key.verifier().Format();
  const std::string w1 = Witness("X1", 20);  // one line
  const std::string key1 = w1.substr(11, w1.size() - 12);
  const std::string start = w1 + Witness("X2", 21);  // two lines
  const std::pair<std::string, std::string> texts[] = {
      {"", "the policy has no quorum line"},
      {start, "the policy has no quorum line"},
      {"quorum none", "the policy's line 1: it does not end in a newline, so it may have been cut"},
      {"\n#\nquorum none\r\n", "the policy's line 3: it has a control character"},
      {"quorum\vnone\n", "the policy's line 1: it has a control character"},
      {"quorum none\x7f\n", "the policy's line 1: it has a control character"},
      {"quorum none\nquorum none\n", "the policy's line 2: the policy has a quorum already"},
      {"quorum\n", "the policy's line 1: the form is: quorum <name>|none"},
      {"quorum none none\n", "the policy's line 1: the form is: quorum <name>|none"},
      {"quorum X1\n" + w1, "the policy's line 1: 'X1' is no witness or group of a line before"},
      {"Quorum none\n", "the policy's line 1: 'Quorum' is none of log, witness, group and quorum"},
      {"log\n", "the policy's line 1: the form is: log <vkey> [<url>]"},
      {log_line + " a b\n", "the policy's line 1: the form is: log <vkey> [<url>]"},
      {log_line + "\n" + log_line + " url\n", "the policy's line 2: the policy has this log's key already"},
      {log_line + "\nlog " + FixedKey("b", SignatureType::kEd25519, 1).verifier().Format() + "\n",
       "the policy's line 2: the policy has this log's key already"},
      {"log " + key1 + "\n", "the policy's line 1: the key of a log must be of type 0x01"},
      {"log example.com\n", "the policy's line 1: the verifier key is not name+id+key"},
      {"witness X1\n", "the policy's line 1: the form is: witness <name> <vkey> [<url>]"},
      {"witness X1 " + key1 + " a b\n", "the policy's line 1: the form is: witness <name> <vkey> [<url>]"},
      {"witness X1 " + log.key.verifier().Format() + "\n",
       "the policy's line 1: the key of a witness must be of type 0x04"},
      {"witness none " + key1 + "\n", "the policy's line 1: the name 'none' is taken"},
      {w1 + Witness("X1", 21), "the policy's line 2: the name 'X1' is taken"},
      {w1 + Witness("X2", 20), "the policy's line 2: the policy has this witness's key already"},
      {start + "group X1 any X2\n", "the policy's line 3: the name 'X1' is taken"},
      {start + "group none any X2\n", "the policy's line 3: the name 'none' is taken"},
      {start + "group G any\n", "the policy's line 3: the form is: group <name> all|any|<k> <name>..."},
      {start + "group G any none\n", "the policy's line 3: 'none' is no witness or group of a line before"},
      {start + "group G any G\n", "the policy's line 3: 'G' is no witness or group of a line before"},
      {start + "group G any x1\n", "the policy's line 3: 'x1' is no witness or group of a line before"},
      {start + "group G any X1 X1\n", "the policy's line 3: 'X1' is in a group already"},
      {start + "group G any X1\ngroup H all X1 X2\n", "the policy's line 4: 'X1' is in a group already"},
      {start + "group G 0 X1\n", "the policy's line 3: a group of 1 cannot need '0' of them"},
      {start + "group G 3 X1 X2\n", "the policy's line 3: a group of 2 cannot need '3' of them"},
      {start + "group G 02 X1 X2\n", "the policy's line 3: a group of 2 cannot need '02' of them"},
      {start + "group G most X1 X2\n", "the policy's line 3: a group of 2 cannot need 'most' of them"},
      {std::string(kPolicyBytesMax, '#') + "\n", "the policy has 1048577 bytes, more than 1048576"},
  };
  for (const auto& [text, reason] : texts) {
    const auto policy = Policy::Parse(text);
    ASSERT_FALSE(policy.ok()) << text;
    EXPECT_EQ(std::string(policy.status().message()), reason) << text;
  }
}

// A chain of groups, each with a witness of its own and the group before: all of them are needed, or any.
TEST(PolicyTest, TakesDeepGroupsAndManyWitnesses) {
  WitnessedLog log(1);
  for (const std::string rule : {"all", "any"}) {
    std::string text = "log " + log.key.verifier().Format() + "\n" + Witness("w0", 20) + "group g0 any w0\n";
    for (std::uint8_t i = 1; i < 200; ++i) {
      const std::string n = std::to_string(i);
      text += Witness("w" + n, 20 + i) + "group g" + n + " " + rule + " g" + std::to_string(i - 1) + " w" + n + "\n";
    }
    const auto policy = Policy::Parse(text + "quorum g199\n");
    ASSERT_TRUE(policy.ok()) << policy.status();
    SignedCheckpoint checkpoint = log.Checkpoint(1);
    checkpoint.note.signatures.push_back(
        Cosign(FixedKey("w/w0", SignatureType::kCosignature, 20), checkpoint.note.text, kNow));
    EXPECT_EQ(policy->Check(checkpoint).ok(), rule == "any");
  }
}

}  // namespace
}  // namespace escrow::tlog
