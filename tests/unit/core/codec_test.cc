#include "core/codec.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace escrow::core {
namespace {

template <class T>
std::string Written(T value) {
  Writer writer;
  writer(value);
  return std::string(writer.bytes());
}

// What is read of `bytes`, when they are one value and nothing else.
template <class T>
std::optional<T> ReadAll(std::string_view bytes) {
  Reader reader(bytes);
  T value{};
  reader(value);
  return reader.ok() && reader.AtEnd() ? std::optional<T>(value) : std::nullopt;
}

TEST(CodecTest, ValuesHaveTheseBytes) {
  using namespace std::literals;
  EXPECT_EQ(Written<std::uint32_t>(0), "\x00"s);
  EXPECT_EQ(Written<std::uint32_t>(127), "\x7f"s);
  EXPECT_EQ(Written<std::uint32_t>(300), "\xac\x02"s);
  EXPECT_EQ(Written<std::int64_t>(-1), "\x01"s);
  EXPECT_EQ(Written<std::int64_t>(1), "\x02"s);
  EXPECT_EQ(Written<std::uint64_t>(UINT64_MAX), std::string(9, '\xff') + "\x01");
  EXPECT_EQ(Written<std::int64_t>(INT64_MIN), std::string(9, '\xff') + "\x01");
  EXPECT_EQ(Written<Wide>(Wide{1} << 64U), std::string(9, '\x80') + "\x04");
  EXPECT_EQ(Written<std::string>("abc"), "\x03"s + "abc");
  EXPECT_EQ(Written(std::vector<bool>::value_type(true)), "\x01"s);
  Writer writer;
  std::uint64_t fixed = 0x0102030405060708U;
  writer.Fixed(fixed);
  EXPECT_EQ(writer.bytes(), "\x08\x07\x06\x05\x04\x03\x02\x01"s);
}

template <class T>
void ExpectRoundTrips(const std::vector<T>& values) {
  for (const T& value : values) {
    EXPECT_TRUE(ReadAll<T>(Written(value)) == value);
  }
}

TEST(CodecTest, ExtremesComeBack) {
  ExpectRoundTrips<std::uint8_t>({0, 1, 127, 128, 255});
  ExpectRoundTrips<std::int32_t>({0, -1, INT32_MIN, INT32_MAX});
  ExpectRoundTrips<std::int64_t>({0, -64, 64, INT64_MIN, INT64_MAX});
  ExpectRoundTrips<std::uint64_t>({0, 0x80, std::uint64_t{1} << 63U, UINT64_MAX});
  const Wide most = static_cast<Wide>(~UWide{0} >> 1U);
  ExpectRoundTrips<Wide>({0, -1, static_cast<Wide>(UINT64_MAX), most, -most - 1});
  ExpectRoundTrips<std::string>({"", std::string(1'000, 'x')});
}

TEST(CodecTest, WhatIsNotAnEncodingIsRefused) {
  using namespace std::literals;
  EXPECT_FALSE(ReadAll<std::uint64_t>(""));
  EXPECT_FALSE(ReadAll<std::uint64_t>("\x80"));                             // ends in the middle
  EXPECT_FALSE(ReadAll<std::uint64_t>(std::string(9, '\xff') + "\x02"));    // 65 bits
  EXPECT_FALSE(ReadAll<std::uint64_t>(std::string(10, '\x80') + "\x00"s));  // longer than any
  EXPECT_FALSE(ReadAll<std::uint8_t>("\x80\x02"));                          // 256
  EXPECT_FALSE(ReadAll<std::int32_t>(Written<std::int64_t>(std::int64_t{INT32_MAX} + 1)));
  EXPECT_FALSE(ReadAll<Wide>(std::string(18, '\xff') + "\x04"));  // 129 bits
  EXPECT_FALSE(ReadAll<bool>("\x02"));
  EXPECT_FALSE(ReadAll<std::string>("\x04"s + "abc"));
  EXPECT_FALSE(ReadAll<std::vector<std::uint32_t>>(std::string(9, '\xff') + "\x01"));  // more than there are bytes
  Reader reader("1234567");
  std::uint64_t fixed = 0;
  reader.Fixed(fixed);
  EXPECT_FALSE(reader.ok());
}

TEST(CodecTest, AWriterGrowsAndForgets) {
  Writer writer;
  std::string all;
  for (std::uint32_t i = 0; i < 5'000; ++i) {
    writer(i);
    writer.Encoded("piece");
    all += Written(i) + "piece";
  }
  EXPECT_EQ(writer.bytes(), all);
  writer.Clear();
  EXPECT_EQ(writer.bytes(), "");
}

}  // namespace
}  // namespace escrow::core
