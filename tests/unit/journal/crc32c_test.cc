#include "journal/crc32c.h"

#include <gtest/gtest.h>

#include <string>

namespace escrow::journal {
namespace {

// RFC 3720 appendix B.4, and the check value of the CRC catalogue.
TEST(Crc32cTest, PublishedVectors) {
  std::string ascending;
  std::string descending;
  for (int i = 0; i < 32; ++i) {
    ascending.push_back(static_cast<char>(i));
    descending.push_back(static_cast<char>(31 - i));
  }
  for (const auto crc : {Crc32c, Crc32cPortable}) {
    EXPECT_EQ(crc(0, std::string(32, '\0')), 0x8a9136aaU);
    EXPECT_EQ(crc(0, std::string(32, '\xff')), 0x62a8ab43U);
    EXPECT_EQ(crc(0, ascending), 0x46dd794eU);
    EXPECT_EQ(crc(0, descending), 0x113fdb5cU);
    EXPECT_EQ(crc(0, "123456789"), 0xe3069283U);
    EXPECT_EQ(crc(0, ""), 0U);
    EXPECT_EQ(crc(crc(0, "1234"), "56789"), 0xe3069283U);
  }
}

}  // namespace
}  // namespace escrow::journal
