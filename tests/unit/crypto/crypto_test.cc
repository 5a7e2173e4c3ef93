#include <gtest/gtest.h>

#include <string>

#include "crypto/hex.h"
#include "crypto/random.h"
#include "crypto/sha256.h"

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

TEST(RandomTest, GivesTheAskedNumberOfBytesAndNeverTheSame) {
  EXPECT_EQ(RandomBytes(0).size(), 0U);
  EXPECT_EQ(RandomBytes(16).size(), 16U);
  EXPECT_NE(RandomBytes(16), RandomBytes(16));
}

}  // namespace
}  // namespace escrow::crypto
