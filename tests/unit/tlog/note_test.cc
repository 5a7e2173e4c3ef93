#include "tlog/note.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "crypto/hex.h"
#include "support/witnessed_log.h"
#include "tlog/cosignature.h"
#include "tlog/utf8.h"

namespace escrow::tlog {
namespace {

constexpr SignatureType kEd25519 = SignatureType::kEd25519;
constexpr SignatureType kCosignature = SignatureType::kCosignature;

VerifierKey Key(std::string_view text) {
  absl::StatusOr<VerifierKey> key = VerifierKey::Parse(text);
  EXPECT_TRUE(key.ok()) << key.status();
  return *std::move(key);
}

// The example of the standard, and the first of golang.org/x/mod/sumdb/note.
struct Published {
  std::string key;
  std::string note;
};
const Published kPublished[] = {
    {"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
     "This is an example message.\n\n— example.com/foo "
     "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"},
    {"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
     "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
     "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"},
};

TEST(NoteTest, PublishedNotesVerify) {
  for (const Published& published : kPublished) {
    const VerifierKey key = Key(published.key);
    EXPECT_EQ(key.Format(), published.key);
    const auto note = ParseNote(published.note);
    ASSERT_TRUE(note.ok()) << note.status();
    EXPECT_EQ(FormatNote(*note), published.note);
    const auto verified = VerifyNote(*note, std::vector{key});
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_EQ(verified->size(), 1U);
  }
}

// The note at the top of the standard, whose key is not published: characters beyond ASCII, an empty line in the text.
TEST(NoteTest, TextMayHaveEmptyLines) {
  const std::string text =
      "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n";
  const auto note =
      ParseNote(text +
                "\n— quasimodo.example/salvatore "
                "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n");
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(note->text, text);
  EXPECT_EQ(note->signatures[0].name, "quasimodo.example/salvatore");
  EXPECT_EQ(note->signatures[0].key_id, 0x367ba04bU);
  EXPECT_EQ(note->signatures[0].bytes.size(), 64U);
}

// Of golang.org/x/mod/sumdb/note, too: the private key of PeterNeumann signs as published.
TEST(KeyTest, PublishedPrivateKeySigns) {
  const std::string text = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
  const auto key = SignerKey::Parse(text);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->Format(), text);
  EXPECT_EQ(key->verifier().Format(), kPublished[1].key);
  const auto note = ParseNote(kPublished[1].note);
  EXPECT_EQ(key->Sign(note->text), note->signatures[0]);
}

TEST(KeyTest, GeneratedKeysAreReadAgain) {
  for (const SignatureType type : {kEd25519, kCosignature}) {
    const SignerKey key = SignerKey::Generate("wïtness.example/w1", type);
    const auto again = SignerKey::Parse(key.Format());
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->verifier(), key.verifier());
    EXPECT_EQ(Key(key.verifier().Format()), key.verifier());
  }
}

TEST(KeyTest, OneKeyHasAnotherIdForEachTypeAndName) {
  const SignerKey key = FixedKey("a", kEd25519, 7);
  EXPECT_NE(key.verifier().id(), FixedKey("a", kCosignature, 7).verifier().id());
  EXPECT_NE(key.verifier().id(), FixedKey("b", kEd25519, 7).verifier().id());
}

TEST(KeyTest, SaysWhatIsWrong) {
  const std::string seed = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
  const std::string good = "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
  const std::pair<std::string, std::string> keys[] = {
      {"", "the verifier key is not name+id+key"},
      {"example.com/foo", "the verifier key is not name+id+key"},
      {"example.com/foo+530d903a", "the verifier key is not name+id+key"},
      {"+530d903a+" + good, "the verifier key: its name is empty, too long or has a character that no name may have"},
      {"a b+530d903a+" + good,
       "the verifier key: its name is empty, too long or has a character that no name may have"},
      {std::string(256, 'a') + "+530d903a+" + good,
       "the verifier key: its name is empty, too long or has a character that no name may have"},
      {"example.com/foo+530D903A+" + good, "the verifier key: its id is not eight hexadecimal digits of lower case"},
      {"example.com/foo+530d903+" + good, "the verifier key: its id is not eight hexadecimal digits of lower case"},
      {"example.com/foo+530d903b+" + good,
       "the verifier key: its id is 530d903b, that of its name and key is 530d903a"},
      {"example.com/bar+530d903a+" + good,
       "the verifier key: its id is 530d903a, that of its name and key is c6fb2e3e"},
      {"example.com/foo+530d903a+" + good + "=", "the verifier key: its last part is not type and key in base 64"},
      {"example.com/foo+530d903a+", "the verifier key: its last part is not type and key in base 64"},
      {"example.com/foo+530d903a+AekyeRrm", "the verifier key: the key has 5 bytes, not 32"},
      {"example.com/foo+530d903a+BukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
       "the verifier key: signatures of type 0x06 are not supported; 0x01 and 0x04 are"},
      {"PRIVATE+KEY+PeterNeumann+c74f20a3+" + seed, "this is a private key, not a verifier key; keep it secret"},
  };
  for (const auto& [text, reason] : keys) {
    const auto key = VerifierKey::Parse(text);
    ASSERT_FALSE(key.ok()) << text;
    EXPECT_EQ(std::string(key.status().message()), reason);
  }
  for (const std::string& text : {"PeterNeumann+c74f20a3+" + seed, "PRIVATE+KEY+PeterNeumann+c74f20a4+" + seed,
                                  "PRIVATE+KEY+PeterNeumann+c74f20a3+" + seed + "x", std::string("PRIVATE+KEY+")}) {
    const auto key = SignerKey::Parse(text);
    ASSERT_FALSE(key.ok()) << text;
    EXPECT_EQ(std::string(key.status().message()).find("YEKFAL"), std::string::npos) << "repeats the secret";
  }
}

TEST(NoteTest, SaysWhatCannotBeRead) {
  const std::string good = kPublished[0].note;
  const std::string line = good.substr(good.find("—"));
  const std::string name = "the signature line '... ";  // the dash has three bytes
  const std::string blank = "the note has no blank line between text and signatures";
  const std::pair<std::string, std::string> notes[] = {
      {"", blank},
      {"text\n", blank},
      {"text\n" + line, blank},
      {"\n" + line, blank},
      {"text\n\n", "there is no signature line"},
      {good + "\n", "there is no signature line"},
      {good.substr(0, good.size() - 1), "the last signature line has no newline"},
      {"text\n\n-- a AAAAAAA=\n", "the signature line '-- a AAAAAAA=' does not begin with a dash and a space"},
      {"text\n\n—a AAAAAAA=\n", "the signature line '...a AAAAAAA=' does not begin with a dash and a space"},
      {"text\n\n— a\n", name + "a' has no name that a key may have"},
      {"text\n\n—  AAAAAAA=\n", name + " AAAAAAA=' has no name that a key may have"},
      {"text\n\n— a+b AAAAAAA=\n", name + "a+b AAAAAAA=' has no name that a key may have"},
      {"text\n\n— a\u2003b AAAAAAA=\n", name + "a...b AAAAAAA=' has no name that a key may have"},
      {"text\n\n— a AAAAAA==\n", name + "a AAAAAA==' has no key id and signature in base 64"},  // the id alone
      {"text\n\n— a AAAAAAA\n", name + "a AAAAAAA' has no key id and signature in base 64"},
      {"text\n\n— a AAAAAAB=\n", name + "a AAAAAAB=' has no key id and signature in base 64"},
      {"text\n\n— a  AAAAAAA=\n", name + "a  AAAAAAA=' has no key id and signature in base 64"},
      {"text\n\n— a AAAAAAA= \n", name + "a AAAAAAA= ' has no key id and signature in base 64"},
      {"te\txt\n\n" + line, "the note has a control character at byte 2"},
      {"text\r\n\n" + line, "the note has a control character at byte 4"},
      {std::string("te\0xt\n\n", 7) + line, "the note has a control character at byte 2"},
      {"te\xff\n\n" + line, "the note is not UTF-8 at byte 2"},
      {"te\xc0\xaf\n\n" + line, "the note is not UTF-8 at byte 2"},
      {std::string(kNoteBytesMax, 'x') + "\n\n" + line,
       "the note has " + std::to_string(kNoteBytesMax + 2 + line.size()) + " bytes, more than 1048576"},
  };
  for (const auto& [bytes, reason] : notes) {
    const auto note = ParseNote(bytes);
    ASSERT_FALSE(note.ok()) << bytes;
    EXPECT_EQ(std::string(note.status().message()), reason);
  }
}

Note Signed(std::initializer_list<const SignerKey*> keys) {
  Note note{.text = "text\n", .signatures = {}};
  for (const SignerKey* key : keys) {
    note.signatures.push_back(key->Sign(note.text));
  }
  return note;
}

std::string WhyNot(const Note& note, const std::vector<VerifierKey>& known) {
  return std::string(VerifyNote(note, known).status().message());
}

TEST(NoteTest, KnownSignaturesMustBeGoodAndOthersAreIgnored) {
  const SignerKey a = FixedKey("a", kEd25519, 1);
  const SignerKey b = FixedKey("b", kEd25519, 2);
  const SignerKey a2 = FixedKey("a", kEd25519, 3);  // the same name, another key
  Note note = Signed({&a, &b});
  note.signatures.insert(note.signatures.begin(), {.name = "c", .key_id = a.verifier().id(), .bytes = "?"});
  const auto both = VerifyNote(note, std::vector{b.verifier(), a.verifier()});
  ASSERT_TRUE(both.ok()) << both.status();
  ASSERT_EQ(both->size(), 2U);
  EXPECT_EQ((*both)[0].line, 1U);  // by a, which is the second of the keys
  EXPECT_EQ((*both)[0].key, 1U);
  EXPECT_EQ((*both)[1].line, 2U);
  EXPECT_EQ((*both)[1].key, 0U);
  EXPECT_EQ(WhyNot(note, {b.verifier()}), "");
  EXPECT_EQ(WhyNot(note, {a2.verifier()}), "no known key has signed");
  EXPECT_EQ(WhyNot(note, {}), "no known key has signed");
  EXPECT_EQ(WhyNot(note, {a.verifier(), a.verifier()}), "two known keys have the name 'a' and the same id");

  note.signatures[1].bytes[5] = static_cast<char>(note.signatures[1].bytes[5] ^ 1);
  EXPECT_EQ(WhyNot(note, {a.verifier(), b.verifier()}), "the signature by 'a' is not over this text");
  EXPECT_EQ(WhyNot(note, {b.verifier()}), "");  // a is unknown now
  note.signatures[1].bytes = "short";
  EXPECT_EQ(WhyNot(note, {a.verifier()}), "the signature by 'a' is not over this text");
}

TEST(NoteTest, OneKeyCountsOnceAndEveryLineOfItIsChecked) {
  const SignerKey a = FixedKey("a", kEd25519, 1);
  Note note = Signed({&a, &a});
  const auto verified = VerifyNote(note, std::vector{a.verifier()});
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->size(), 1U);
  note.signatures[1].bytes.back() = static_cast<char>(note.signatures[1].bytes.back() ^ 1);
  EXPECT_EQ(WhyNot(note, {a.verifier()}), "the signature by 'a' is not over this text");
}

TEST(NoteTest, TakesAHundredSignaturesAndNoMore) {
  const SignerKey a = FixedKey("a", kEd25519, 1);
  Note note = Signed({&a});
  note.signatures.insert(note.signatures.begin(), 99, {.name = "b", .key_id = 1, .bytes = std::string(64, 'x')});
  auto parsed = ParseNote(FormatNote(note));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(WhyNot(*parsed, {a.verifier()}), "");
  note.signatures.push_back(note.signatures[0]);
  parsed = ParseNote(FormatNote(note));
  EXPECT_EQ(std::string(parsed.status().message()), "there are more than 100 signatures");
}

// The example of c2sp.org/tlog-cosignature, whose key is not published: where the time is, and over what it signs.
TEST(CosignatureTest, HasTheTimeOfTheExample) {
  const auto lines = ParseSignatureLines(
      "— witness.example.com/w1 "
      "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n");
  ASSERT_TRUE(lines.ok()) << lines.status();
  const SignerKey cosigner = FixedKey("witness.example.com/w1", kCosignature, 9);
  const std::string text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
  const NoteSignature made = Cosign(cosigner, text, kNow);
  EXPECT_EQ(made.bytes.size(), lines->front().bytes.size());
  EXPECT_EQ(made.bytes.substr(0, 8), lines->front().bytes.substr(0, 8));
  crypto::Ed25519Signature signature;
  std::copy(made.bytes.begin() + 8, made.bytes.end(), signature.begin());
  EXPECT_TRUE(
      crypto::Ed25519Verify(cosigner.verifier().public_key(), "cosignature/v1\ntime 1679315147\n" + text, signature));
}

TEST(CosignatureTest, VerifiesWithItsTimeAlone) {
  const SignerKey cosigner = FixedKey("w", kCosignature, 9);
  const NoteSignature made = Cosign(cosigner, "text\n", kNow);
  const auto verified = VerifyNote({.text = "text\n", .signatures = {made}}, std::vector{cosigner.verifier()});
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->front().time_seconds, kNow);
  EXPECT_EQ(*VerifyCosignature(cosigner.verifier(), "text\n", made), kNow);
  for (std::size_t bit = 0; bit < made.bytes.size() * 8; ++bit) {
    NoteSignature changed = made;
    changed.bytes[bit / 8] = static_cast<char>(changed.bytes[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(VerifyCosignature(cosigner.verifier(), "text\n", changed).ok()) << bit;
  }
  const auto reason = [&](const NoteSignature& signature, std::string_view text) {
    return std::string(VerifyCosignature(cosigner.verifier(), text, signature).status().message());
  };
  EXPECT_EQ(reason(made, "text\n\n"), "the cosignature by 'w' is not over this checkpoint");
  NoteSignature changed = made;
  changed.bytes.pop_back();
  EXPECT_EQ(reason(changed, "text\n"), "the cosignature by 'w' has 71 bytes, not 72");
  changed = made;
  changed.bytes[0] = '\x80';
  EXPECT_EQ(reason(changed, "text\n"), "the cosignature by 'w' has a time beyond 2^63 - 1");
}

TEST(Utf8Test, TakesTheShortestFormAlone) {
  const std::pair<std::string, char32_t> good[] = {
      {"\x7f", 0x7f},           {"\xc2\x80", 0x80},       {"\xdf\xbf", 0x7ff},           {"\xe0\xa0\x80", 0x800},
      {"\xed\x9f\xbf", 0xd7ff}, {"\xee\x80\x80", 0xe000}, {"\xf0\x90\x80\x80", 0x10000}, {"\xf4\x8f\xbf\xbf", 0x10ffff},
  };
  for (const auto& [bytes, character] : good) {
    std::string_view rest = bytes;
    EXPECT_EQ(TakeCharacter(rest), character);
    EXPECT_TRUE(rest.empty());
  }
  for (const std::string bytes :
       {"", "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2 ", "\xe0\x9f\xbf", "\xe1\x80", "\xed\xa0\x80",
        "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xfe", "\xff"}) {
    std::string_view rest = bytes;
    EXPECT_EQ(TakeCharacter(rest), std::nullopt)
        << crypto::HexEncode(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
    EXPECT_EQ(rest.size(), bytes.size());
  }
}

}  // namespace
}  // namespace escrow::tlog
