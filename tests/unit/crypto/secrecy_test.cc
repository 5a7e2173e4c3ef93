#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "crypto/aes_gcm.h"
#include "crypto/hex.h"
#include "crypto/hmac.h"
#include "crypto/secret.h"

// HMAC and AES-GCM against published vectors.
namespace escrow::crypto {
namespace {

std::string Hex(std::string_view bytes) {
  return HexEncode({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

struct HmacVector {
  std::string key;
  std::string message;
  std::string digest;
};

// RFC 4231 section 4, test cases 1 to 4, 6 and 7 (5 is about a truncated output).
const HmacVector kHmacVectors[] = {
    {std::string(20, '\x0b'), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {std::string(20, '\xaa'), std::string(50, '\xdd'),
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {*HexDecode("0102030405060708090a0b0c0d0e0f10111213141516171819"), std::string(50, '\xcd'),
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {std::string(131, '\xaa'),
     "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed "
     "before being used by the HMAC algorithm.",
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

TEST(HmacTest, Rfc4231) {
  for (const HmacVector& vector : kHmacVectors) {
    EXPECT_EQ(HexEncode(HmacSha256(vector.key, vector.message)), vector.digest);
  }
}

struct GcmVector {
  std::string key;
  std::string nonce;
  std::string message;
  std::string context;
  std::string sealed;  // ciphertext, tag
};

const std::string kKey = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
const std::string kNonce = "cafebabefacedbaddecaf888";

// D. McGrew, J. Viega, "The Galois/Counter Mode of Operation", appendix B, test cases 13 to 16 (256-bit keys).
const GcmVector kGcmVectors[] = {
    {std::string(64, '0'), std::string(24, '0'), "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {std::string(64, '0'), std::string(24, '0'), std::string(32, '0'), "",
     "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {kKey, kNonce,
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
     "ba637b391aafd255",
     "",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
     "bcc9f662898015adb094dac5d93471bdec1a502270e3cc6c"},
    {kKey, kNonce,
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
     "ba637b39",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
     "bcc9f66276fc6ece0f4e1768cddf8853bb2d551b"},
};

TEST(AesGcmTest, PublishedVectors) {
  for (const GcmVector& vector : kGcmVectors) {
    const std::string key = *HexDecode(vector.key);
    const std::string message = *HexDecode(vector.message);
    const std::string context = *HexDecode(vector.context);
    const std::string sealed = SealWithNonce(key, *HexDecode(vector.nonce), message, context);
    EXPECT_EQ(Hex(sealed), vector.nonce + vector.sealed);
    EXPECT_EQ(Open(key, sealed, context), message);
  }
}

// Every bit of key, nonce, ciphertext, tag and context counts; and the length.
TEST(AesGcmTest, WhatWasTamperedWithIsRefused) {
  const std::string key(32, 'k');
  const std::string context = "whose";
  const std::string sealed = Seal(key, "a secret of twenty by", context);
  const auto flipped = [](std::string bytes, std::size_t bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ static_cast<char>(1U << (bit % 8)));
    return bytes;
  };
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    EXPECT_EQ(Open(key, flipped(sealed, bit), context), std::nullopt);
  }
  for (std::size_t bit = 0; bit < key.size() * 8; ++bit) {
    EXPECT_EQ(Open(flipped(key, bit), sealed, context), std::nullopt);
  }
  for (std::size_t bit = 0; bit < context.size() * 8; ++bit) {
    EXPECT_EQ(Open(key, sealed, flipped(context, bit)), std::nullopt);
  }
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_EQ(Open(key, sealed.substr(0, size), context), std::nullopt);
  }
  EXPECT_EQ(Open(key, sealed + "x", context), std::nullopt);
  EXPECT_EQ(Open(key, sealed, context), "a secret of twenty by");
}

TEST(AesGcmTest, ANonceIsNeverUsedTwice) {
  const std::string key(32, 'k');
  EXPECT_NE(Seal(key, "same", ""), Seal(key, "same", ""));
}

TEST(SecretTest, TakesItsBytesAlong) {
  std::string bytes = "short";
  Secret one(std::move(bytes));
  EXPECT_EQ(bytes, "");  // the caller's copy is wiped
  Secret other(std::move(one));
  EXPECT_EQ(other.bytes(), "short");
  EXPECT_EQ(one.bytes(), "");
  one = std::move(other);
  EXPECT_EQ(one.bytes(), "short");
}

}  // namespace
}  // namespace escrow::crypto
