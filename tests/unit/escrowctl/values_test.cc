#include "escrowctl/values.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <set>
#include <string>

#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/policy.pb.h"

namespace escrow::ctl {
namespace {

struct DecimalCase {
  const char* text;
  int exponent;
  std::int64_t units;
};

TEST(ParseDecimal, IsExact) {
  for (const DecimalCase& c : {DecimalCase{"0", 2, 0},
                               {"99.9", 2, 9'990},
                               {"117.74", 2, 11'774},
                               {"0.01", 2, 1},
                               {".5", 2, 50},
                               {"007", 0, 7},
                               {"1200", 0, 1'200},
                               {"1200.00", 0, 1'200},
                               {"1.2345", 4, 12'345},
                               {"1.500", 2, 150},
                               {"9223372036854775807", 0, INT64_MAX},
                               {"92233720368547758.07", 2, INT64_MAX}}) {
    const auto units = ParseDecimal(c.text, c.exponent);
    ASSERT_TRUE(units.ok()) << c.text << ": " << units.status();
    EXPECT_EQ(*units, c.units) << c.text;
  }
}

TEST(ParseDecimal, RefusesWhatIsNotExactlyAnAmount) {
  for (const auto& [text, exponent] : {std::pair{"", 2},
                                       {".", 2},
                                       {"1.", 2},
                                       {"-1", 2},
                                       {"+1", 2},
                                       {"1e3", 2},
                                       {"1,5", 2},
                                       {" 1", 2},
                                       {"1 ", 2},
                                       {"1.234", 2},
                                       {"1.5", 0},
                                       {"1.2.3", 2},
                                       {"0x10", 2},
                                       {"nan", 2},
                                       {"9223372036854775808", 0},
                                       {"92233720368547758.08", 2},
                                       {"99999999999999999999999", 0}}) {
    EXPECT_FALSE(ParseDecimal(text, exponent).ok()) << text;
  }
}

TEST(ParseAmount, TakesMajorAndMinorUnits) {
  const auto euro = ParseAmount("100.00 EUR");
  ASSERT_TRUE(euro.ok());
  EXPECT_EQ(euro->minor_units(), 10'000);
  EXPECT_EQ(euro->currency_code(), "EUR");
  EXPECT_EQ(ParseAmount("EUR:10000")->minor_units(), 10'000);
  EXPECT_EQ(ParseAmount("100 JPY")->minor_units(), 100);
  EXPECT_EQ(ParseAmount("1.234 KWD")->minor_units(), 1'234);
  for (const char* text :
       {"100", "100.001 EUR", "1.5 JPY", "EUR:1.5", "100 eur", "100 XAU", "100  EUR", "EUR 100", ""}) {
    EXPECT_FALSE(ParseAmount(text).ok()) << text;
  }
}

TEST(FormatDecimal, IsTheInverse) {
  EXPECT_EQ(FormatDecimal(0, 2), "0.00");
  EXPECT_EQ(FormatDecimal(5, 2), "0.05");
  EXPECT_EQ(FormatDecimal(-5, 2), "-0.05");
  EXPECT_EQ(FormatDecimal(123'456, 3), "123.456");
  EXPECT_EQ(FormatDecimal(1'200, 0), "1200");
  EXPECT_EQ(FormatDecimal(std::numeric_limits<std::int64_t>::min(), 2), "-92233720368547758.08");
  EXPECT_EQ(FormatAmount(12'345, "EUR"), "123.45 EUR");
  EXPECT_EQ(FormatAmount(7, "???"), "7 minor units of ???");
}

TEST(Durations, AreReadAndWritten) {
  for (const auto& [text, seconds] :
       {std::pair{"7d", 604'800}, {"36h", 129'600}, {"90s", 90}, {"15m", 900}, {"1d12h", 129'600}, {"0s", 0}}) {
    const auto duration = ParseDuration(text);
    ASSERT_TRUE(duration.ok()) << text;
    EXPECT_EQ(duration->seconds(), seconds) << text;
  }
  for (const char* text : {"", "7", "d", "7w", "1.5h", "-1h", "12h1d", "1h1h", "99999999999999999d", "1d 2h"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
  EXPECT_EQ(FormatDuration(0), "0s");
  EXPECT_EQ(FormatDuration(604'800 + 3'661), "7d1h1m1s");
  EXPECT_EQ(FormatDuration(-90), "-1m30s");
}

TEST(Timestamps, AreReadAndWritten) {
  const auto time = ParseTimestamp("2026-03-02T10:00:00+01:00");
  ASSERT_TRUE(time.ok());
  EXPECT_EQ(FormatTimestamp(*time), "2026-03-02 09:00:00Z");
  EXPECT_EQ(FormatTime(ToTime(*time)), "2026-03-02 09:00:00Z");
  for (const char* text : {"", "2026-03-02", "2026-03-02T09:00:00", "2026-02-30T09:00:00Z", "now"}) {
    EXPECT_FALSE(ParseTimestamp(text).ok()) << text;
  }
}

TEST(Enums, HaveShortNames) {
  const auto& kinds = *v1::ConfirmationKind_descriptor();
  EXPECT_EQ(ShortName(kinds, v1::CONFIRMATION_KIND_RECEIPT), "RECEIPT");
  EXPECT_EQ(ShortName(kinds, 0), "");
  EXPECT_EQ(ShortName(kinds, 99), "99");
  EXPECT_EQ(ShortName(*v1::Policies::PartialDeposit_descriptor(), v1::Policies::PARTIAL_DEPOSIT_RETURN), "RETURN");
  for (const char* text : {"RECEIPT", "receipt", "CONFIRMATION_KIND_RECEIPT"}) {
    const auto value = ParseEnum(kinds, text);
    ASSERT_TRUE(value.ok()) << text;
    EXPECT_EQ((*value)->number(), v1::CONFIRMATION_KIND_RECEIPT);
  }
  EXPECT_EQ((*ParseEnum(*v1::Policies::MissedMilestone_descriptor(), "cease-all"))->number(),
            v1::Policies::MISSED_MILESTONE_CEASE_ALL);
  const auto unknown = ParseEnum(kinds, "LOST");
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(std::string(unknown.status().message()).find("SHIPMENT, DELIVERY, RECEIPT"), std::string::npos);
  EXPECT_FALSE(ParseEnum(kinds, "UNSPECIFIED").ok());
}

TEST(Names, AreCut) {
  EXPECT_EQ(KebabCase("CreateAgreement"), "create-agreement");
  EXPECT_EQ(KebabCase("minor_units"), "minor-units");
  EXPECT_EQ(LastPart("platforms/shop/parties/ada"), "ada");
  EXPECT_EQ(LastPart("ada"), "ada");
}

TEST(RequestIds, AreRandomUuidsOfVersionFour) {
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = NewRequestId();
    ASSERT_EQ(id.size(), 36U);
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) {
      EXPECT_EQ(id[dash], '-');
    }
    EXPECT_EQ(id[14], '4');
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef-"), std::string::npos);
    EXPECT_TRUE(seen.insert(id).second);
  }
}

}  // namespace
}  // namespace escrow::ctl
