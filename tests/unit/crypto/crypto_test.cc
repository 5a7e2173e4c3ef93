#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "crypto/base64.h"
#include "crypto/ed25519.h"
#include "crypto/hex.h"
#include "crypto/random.h"
#include "crypto/sha256.h"
#include "crypto/wipe.h"

namespace escrow::crypto {
namespace {

// FIPS 180-4 examples, as published by NIST (SHA256.pdf), and the digest of nothing.
struct Vector {
  std::string input;
  std::string digest;
};
const Vector kVectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {std::string(1'000'000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

TEST(Sha256Test, PublishedVectors) {
  Sha256 sha;  // one object for all: use must leave nothing behind
  for (const Vector& vector : kVectors) {
    EXPECT_EQ(HexEncode(sha.Hash(vector.input)), vector.digest);
    EXPECT_EQ(HexEncode(Sha256Of(vector.input)), vector.digest);
  }
}

TEST(Sha256Test, PiecesHaveNoMeaning) {
  Sha256 sha;
  for (const Vector& vector : kVectors) {
    const std::size_t half = vector.input.size() / 2;
    sha.Update(vector.input.substr(0, half));
    sha.Update("");
    sha.Update(vector.input.substr(half));
    EXPECT_EQ(HexEncode(sha.Finish()), vector.digest);
  }
}

TEST(HexTest, RoundTripAndRefusals) {
  EXPECT_EQ(HexDecode(""), "");
  EXPECT_EQ(HexDecode("00ffAb"), std::string("\x00\xff\xab", 3));
  EXPECT_EQ(HexDecode("0"), std::nullopt);
  EXPECT_EQ(HexDecode("0g"), std::nullopt);
  EXPECT_EQ(HexDecode(" 0"), std::nullopt);
}

// RFC 4648 section 10.
TEST(Base64Test, PublishedVectors) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(Base64Encode(std::string_view(bytes)), text);
    EXPECT_EQ(Base64Decode(text), bytes);
  }
}

TEST(Base64Test, EveryByteInEveryPlace) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t size = 1; size <= 6; ++size) {
      const std::string bytes(size, static_cast<char>(byte));
      EXPECT_EQ(Base64Decode(Base64Encode(bytes)), bytes);
    }
  }
  EXPECT_EQ(Base64Encode(std::string_view("\xfb\xff\xbf")), "+/+/");
}

TEST(Base64Test, TakesTheOneTextOfSomeBytesAlone) {
  for (const char* text : {
           "Zg",       "Zg=",  "Zg===",   "Zm9vYg",   "=",     "==", "===", "====", "Z===",  // padding
           "Zh==",     "Zm9=",                                  // bits under it ('h' is 100001)
           "Zg==Zg==", "Z=g=", "=Zg=",    "Zm9v====",           // padding where none may be
           "Zm9v\n",   "Zm 9", " Zm9v",   "Zm9v ",    "Zm\n9",  // white space
           "Zm9-",     "Zm_v", "Zm9\xc3", "Zm9.",               // not in the alphabet
       }) {
    EXPECT_EQ(Base64Decode(text), std::nullopt) << text;
  }
  EXPECT_EQ(Base64Decode(std::string_view("Zm9\0", 4)), std::nullopt);
}

template <typename Bytes>
Bytes FromHex(std::string_view text) {
  const std::optional<std::string> bytes = HexDecode(text);
  Bytes result{};
  EXPECT_TRUE(bytes.has_value() && bytes->size() == result.size()) << text;
  std::copy(bytes->begin(), bytes->end(), result.begin());
  return result;
}

// RFC 8032 section 7.1, tests 1 and 2.
struct SignatureVector {
  std::string seed;
  std::string public_key;
  std::string message;
  std::string signature;
};
const SignatureVector kSignatureVectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe246"
     "55141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "\x72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb"
     "00d291612bb0c00"},
};

TEST(Ed25519Test, PublishedVectors) {
  for (const SignatureVector& vector : kSignatureVectors) {
    const auto seed = FromHex<Ed25519Seed>(vector.seed);
    const auto public_key = FromHex<Ed25519PublicKey>(vector.public_key);
    const auto signature = FromHex<Ed25519Signature>(vector.signature);
    const Ed25519PrivateKey key = Ed25519PrivateKey::FromSeed(seed);
    EXPECT_EQ(key.public_key(), public_key);
    EXPECT_EQ(key.seed(), seed);
    EXPECT_EQ(key.Sign(vector.message), signature);
    EXPECT_TRUE(Ed25519Verify(public_key, vector.message, signature));
  }
}

TEST(Ed25519Test, RefusesEveryChangedBit) {
  const Ed25519PrivateKey key = Ed25519PrivateKey::Generate();
  const std::string message = "one";
  const Ed25519Signature signature = key.Sign(message);
  ASSERT_TRUE(Ed25519Verify(key.public_key(), message, signature));
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    Ed25519Signature changed = signature;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1U << bit % 8);
    EXPECT_FALSE(Ed25519Verify(key.public_key(), message, changed)) << bit;
  }
  for (std::size_t bit = 0; bit < sizeof(Ed25519PublicKey) * 8; ++bit) {
    Ed25519PublicKey changed = key.public_key();
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1U << bit % 8);
    EXPECT_FALSE(Ed25519Verify(changed, message, signature)) << bit;
  }
  EXPECT_FALSE(Ed25519Verify(key.public_key(), "one ", signature));
  EXPECT_FALSE(Ed25519Verify(Ed25519PrivateKey::Generate().public_key(), message, signature));
}

TEST(WipeTest, LeavesZeros) {
  std::string secret(40, 'x');
  const char* place = secret.data();
  const std::size_t room = secret.capacity();
  Wipe(secret);
  EXPECT_TRUE(secret.empty());
  EXPECT_EQ(secret.capacity(), room);
  EXPECT_EQ(std::count(place, place + 40, '\0'), 40);
  Ed25519Seed seed;
  seed.fill(7);
  Wipe(seed);
  EXPECT_EQ(seed, Ed25519Seed{});
}

TEST(RandomTest, GivesTheAskedNumberOfBytesAndNeverTheSame) {
  EXPECT_EQ(RandomBytes(0).size(), 0U);
  EXPECT_EQ(RandomBytes(16).size(), 16U);
  EXPECT_NE(RandomBytes(16), RandomBytes(16));
}

}  // namespace
}  // namespace escrow::crypto
