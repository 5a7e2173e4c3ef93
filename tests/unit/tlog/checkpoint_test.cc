#include "tlog/checkpoint.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "support/witnessed_log.h"
#include "tlog/fields.h"

namespace escrow::tlog {
namespace {

// The checkpoint of tessera's testdata/log, and its key.
const std::string kPublished =
    "example.com/log/testdata\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n\n— example.com/log/testdata "
    "M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKubMt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=\n";
const std::string kPublishedKey = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

TEST(CheckpointTest, PublishedOneVerifies) {
  const auto read = ParseSignedCheckpoint(kPublished);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->checkpoint.origin, "example.com/log/testdata");
  EXPECT_EQ(read->checkpoint.size, 15U);
  EXPECT_EQ(FormatHash(read->checkpoint.root), "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=");
  EXPECT_EQ(FormatCheckpoint(read->checkpoint), read->note.text);
  EXPECT_EQ(FormatNote(read->note), kPublished);
  const auto verified = VerifyNote(read->note, std::vector{*VerifierKey::Parse(kPublishedKey)});
  EXPECT_TRUE(verified.ok()) << verified.status();
}

// The root is that of the published entries.
TEST(CheckpointTest, PublishedOneHasTheRootOfItsEntries) {
  TreeHasher hasher;
  std::vector<Hash> leaves;
  for (const char* entry : {"one", "two", "three", "four", "five", "six", "seven", "eit", "nain", "ten", "ileven",
                            "twelf", "threeten", "fourten", "fivten"}) {
    leaves.push_back(hasher.Leaf(entry));
  }
  EXPECT_EQ(DefinedRoot(leaves, hasher), ParseSignedCheckpoint(kPublished)->checkpoint.root);
}

// The example of the standard, with two lines that are not recommended.
TEST(CheckpointTest, ExtensionLinesAreRead) {
  const std::string text =
      "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\none more\nand more\n";
  const auto checkpoint = ParseCheckpoint(text);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->size, 20'852'163U);
  EXPECT_EQ(checkpoint->extensions, (std::vector<std::string>{"one more", "and more"}));
  EXPECT_EQ(FormatCheckpoint(*checkpoint), text);
}

TEST(CheckpointTest, SignedOnesAreReadAgain) {
  WitnessedLog log(5);
  for (const std::uint64_t size : {0U, 1U, 5U}) {
    const SignedCheckpoint made = log.Checkpoint(size);
    const auto read = ParseSignedCheckpoint(FormatNote(made.note));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->checkpoint, made.checkpoint);
    EXPECT_EQ(read->note, made.note);
    EXPECT_TRUE(VerifyNote(read->note, std::vector{log.key.verifier()}).ok());
  }
}

TEST(CheckpointTest, SaysWhatIsWrong) {
  const std::string root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
  const auto size = [](const std::string& text) {
    return "the checkpoint's size '" + text + "' is not a decimal number below 2^63 without leading zeros";
  };
  const std::pair<std::string, std::string> texts[] = {
      {"", "the checkpoint has 0 lines; origin, size and root are needed"},
      {"a\n", "the checkpoint has 1 lines; origin, size and root are needed"},
      {"a\n1\n", "the checkpoint has 2 lines; origin, size and root are needed"},
      {"a\n1\n" + root, "the checkpoint does not end in a newline"},
      {"\n1\n" + root + "\n", "the checkpoint's line 1 is empty"},
      {"a\n\n" + root + "\n", "the checkpoint's line 2 is empty"},
      {"a\n1\n" + root + "\n\n", "the checkpoint's line 4 is empty"},
      {"a\n01\n" + root + "\n", size("01")},
      {"a\n00\n" + root + "\n", size("00")},
      {"a\n-1\n" + root + "\n", size("-1")},
      {"a\n+1\n" + root + "\n", size("+1")},
      {"a\n 1\n" + root + "\n", size(" 1")},
      {"a\n1 \n" + root + "\n", size("1 ")},
      {"a\n1e3\n" + root + "\n", size("1e3")},
      {"a\n0x1\n" + root + "\n", size("0x1")},
      {"a\n9223372036854775808\n" + root + "\n", size("9223372036854775808")},  // 2^63
      {"a\n18446744073709551617\n" + root + "\n", size("18446744073709551617")},
      {"a\n1\n" + root.substr(1) + "\n",
       "the checkpoint's root 'sUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=' is not a hash in base 64"},
      {"a\n1\nCsUYapGG\n", "the checkpoint's root 'CsUYapGG' is not a hash in base 64"},
      {"a\n1\n" + root + " \n", "the checkpoint's root '" + root + " ' is not a hash in base 64"},
      {"a\n" + root + "\n1\n", size(root)},
  };
  for (const auto& [text, reason] : texts) {
    EXPECT_EQ(std::string(ParseCheckpoint(text).status().message()), reason) << text;
  }
  EXPECT_EQ(ParseCheckpoint("a\n9223372036854775807\n" + root + "\n")->size, kTreeSizeMax);
}

}  // namespace
}  // namespace escrow::tlog
