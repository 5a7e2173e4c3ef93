#include "tlog/handover.h"

#include <gtest/gtest.h>

#include <string>

#include "tlog/checkpoint.h"

namespace escrow::tlog {
namespace {

constexpr char kOrigin[] = "log.example/escrow";

SignerKey Key(const std::string& name = kOrigin) { return SignerKey::Generate(name, SignatureType::kEd25519); }

TEST(HandoverTest, WhoTrustsTheKeyBeforeCanTrustTheNext) {
  const SignerKey before = Key();
  const SignerKey next = Key();
  const std::string bytes = SignHandover(before, next);
  EXPECT_TRUE(bytes.starts_with("escrow.dev/signing-key/1\nlog.example/escrow\n" + next.verifier().Format() + "\n\n"))
      << bytes;
  const auto handover = ParseHandover(bytes);
  ASSERT_TRUE(handover.ok()) << handover.status();
  EXPECT_EQ(handover->next, next.verifier());
  EXPECT_TRUE(CheckHandover(*handover, before.verifier()).ok());
  EXPECT_TRUE(absl::IsUnauthenticated(CheckHandover(*handover, Key().verifier()))) << "another key of the log";
  EXPECT_TRUE(absl::IsInvalidArgument(CheckHandover(*handover, Key("other").verifier())));
  EXPECT_EQ(SignHandover(before, next), bytes) << "the same request makes the same command";
}

TEST(HandoverTest, EveryChangeOfAByteIsFound) {
  const SignerKey before = Key();
  const std::string good = SignHandover(before, Key());
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    const auto handover = ParseHandover(bad);
    EXPECT_FALSE(handover.ok() && CheckHandover(*handover, before.verifier()).ok()) << "byte " << at;
  }
}

TEST(HandoverTest, TheNextKeyMustHaveSigned) {
  const SignerKey before = Key();
  const std::string good = SignHandover(before, Key());
  const std::string without_last_line = good.substr(0, good.rfind("\xe2\x80\x94"));
  EXPECT_TRUE(absl::IsUnauthenticated(ParseHandover(without_last_line).status()));
}

TEST(HandoverTest, OtherNotesAreNone) {
  const SignerKey key = Key();
  const SignedCheckpoint checkpoint =
      SignCheckpoint({.origin = kOrigin, .size = 0, .root = TreeHasher().EmptyRoot(), .extensions = {}}, key);
  const auto note_of = [&key](const std::string& text) {
    return FormatNote({.text = text, .signatures = {key.Sign(text)}});
  };
  const std::string vkey = key.verifier().Format();
  for (const std::string& bytes : {
           std::string(),
           std::string("escrow.dev/signing-key/1\n"),
           FormatNote(checkpoint.note),
           note_of("escrow.dev/signing-key/2\nlog.example/escrow\n" + vkey + "\n"),
           note_of("escrow.dev/signing-key/1\nother.example/log\n" + vkey + "\n"),
           note_of("escrow.dev/signing-key/1\nlog.example/escrow\n" + vkey + "\nmore\n"),
           note_of("escrow.dev/signing-key/1\nlog.example/escrow\nlog.example/escrow+00000000+AA==\n"),
           note_of("escrow.dev/signing-key/1\nlog.example/escrow\n"),
       }) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseHandover(bytes).status())) << bytes;
  }
  EXPECT_FALSE(ParseSignedCheckpoint(SignHandover(key, Key())).ok()) << "no handover is a checkpoint";
}

}  // namespace
}  // namespace escrow::tlog
