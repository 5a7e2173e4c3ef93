#include "core/names.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "base/currency.h"
#include "core/limits.h"

namespace escrow::core {
namespace {

TEST(NamesTest, IdsHaveTheirDocumentedForm) {
  const std::string longest(63, 'a');
  for (const std::string& id : {std::string("a"), std::string("0"), std::string("a-b"), std::string("a--b"),
                                std::string("order-2026-001"), longest}) {
    EXPECT_TRUE(ValidId(id)) << id;
  }
  for (const std::string& id : {std::string(), std::string("-"), std::string("-a"), std::string("a-"), std::string("A"),
                                std::string("a_b"), std::string("a.b"), std::string("a/b"), std::string("a b"),
                                std::string("ä"), std::string("a\0b", 3), std::string("a\n"), longest + "a"}) {
    EXPECT_FALSE(ValidId(id)) << id;
  }
}

TEST(NamesTest, ReferencesArePrintableAsciiWithoutSpacesAtTheEnds) {
  for (const std::string& text : {std::string("x"), std::string("REF 42/7 ~!"), std::string(8, 'x')}) {
    EXPECT_TRUE(ValidReference(text, 8 + 3)) << text;
  }
  for (const std::string& text : {std::string(), std::string(" x"), std::string("x "), std::string("x\ty"),
                                  std::string("x\x7f"), std::string("é"), std::string(12, 'x')}) {
    EXPECT_FALSE(ValidReference(text, 11)) << text;
  }
}

TEST(NamesTest, ResourceNamesArePrintedAndParsed) {
  EXPECT_EQ(PlatformName("p"), "platforms/p");
  EXPECT_EQ(PartyName("p", "x"), "platforms/p/parties/x");
  EXPECT_EQ(AgreementName("p", "x"), "platforms/p/agreements/x");
  EXPECT_EQ(PayoutName("p", "x"), "platforms/p/payouts/x");
  EXPECT_EQ(CredentialName("x"), "credentials/x");

  EXPECT_EQ(ParsePlatformName("platforms/p"), "p");
  EXPECT_EQ(ParseCredentialName("credentials/x"), "x");
  const auto party = ParsePartyName("platforms/p/parties/x");
  ASSERT_TRUE(party.has_value());
  EXPECT_EQ(party->platform_id, "p");
  EXPECT_EQ(party->id, "x");
  EXPECT_TRUE(ParseAgreementName("platforms/p/agreements/x").has_value());
  EXPECT_TRUE(ParsePayoutName("platforms/p/payouts/x").has_value());
}

TEST(NamesTest, OtherTextsAreNotNames) {
  for (const char* name : {"", "p", "platforms", "platforms/", "/platforms/p", "platforms/p/", "platforms/P",
                           "Platforms/p", "platforms//p", "platforms/p/parties/x", " platforms/p"}) {
    EXPECT_FALSE(ParsePlatformName(name).has_value()) << name;
  }
  for (const char* name : {"platforms/p", "platforms/p/parties", "platforms/p/parties/", "platforms/p/parties/X",
                           "platforms/p/agreements/x", "platforms//parties/x", "platforms/p/parties/x/y",
                           "platforms/p/parties//x", "platforms/-/parties/x", "parties/x"}) {
    EXPECT_FALSE(ParsePartyName(name).has_value()) << name;
  }
  EXPECT_FALSE(ParseAgreementName("platforms/p/payouts/x").has_value());
  EXPECT_FALSE(ParsePayoutName("platforms/p/agreements/x").has_value());
  EXPECT_FALSE(ParseCredentialName("credentials/").has_value());
}

TEST(NamesTest, Records) {
  const auto record = ParseRecordName("platforms/p/parties/x/records/r-1");
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->party, "platforms/p/parties/x");
  EXPECT_EQ(record->id, "r-1");
  EXPECT_EQ(RecordNameIn("platforms/p/parties/x", "r-1"), "platforms/p/parties/x/records/r-1");
  for (const char* name : {"", "records/r", "/records/r", "platforms/p/records/r", "platforms/p/parties/x",
                           "platforms/p/parties/x/records", "platforms/p/parties/x/records/",
                           "platforms/p/parties/x/records/R", "platforms/p/parties/x/records/r/s",
                           "platforms/p/parties/x/records/r/records/s", "platforms/p/agreements/x/records/r"}) {
    EXPECT_FALSE(ParseRecordName(name).has_value()) << name;
  }
}

TEST(NamesTest, RequestIdsAreLowerCaseUuids) {
  const auto id = ParseRequestId("00112233-4455-6677-8899-aabbccddeeff");
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->hi, 0x0011223344556677U);
  EXPECT_EQ(id->lo, 0x8899aabbccddeeffU);
  for (const char* text : {"", "00112233-4455-6677-8899-aabbccddeef", "00112233-4455-6677-8899-aabbccddeeff0",
                           "00112233-4455-6677-8899-AABBCCDDEEFF", "001122334455-6677-8899-aabbccddeeff-",
                           "00112233445566778899aabbccddeeff", "{0112233-4455-6677-8899-aabbccddeef}",
                           "g0112233-4455-6677-8899-aabbccddeeff", "00112233_4455_6677_8899_aabbccddeeff",
                           " 0112233-4455-6677-8899-aabbccddeeff"}) {
    EXPECT_FALSE(ParseRequestId(text).has_value()) << text;
  }
}

// Rows of ISO 4217 picked by hand: every exponent other than two, and codes that joined or changed lately.
TEST(CurrencyTest, ExponentsAreThoseOfIso4217) {
  const std::vector<std::pair<const char*, int>> rows = {
      {"BIF", 0}, {"CLP", 0}, {"DJF", 0}, {"GNF", 0}, {"ISK", 0}, {"JPY", 0}, {"KMF", 0}, {"KRW", 0},
      {"PYG", 0}, {"RWF", 0}, {"UGX", 0}, {"UYI", 0}, {"VND", 0}, {"VUV", 0}, {"XAF", 0}, {"XOF", 0},
      {"XPF", 0}, {"BHD", 3}, {"IQD", 3}, {"JOD", 3}, {"KWD", 3}, {"LYD", 3}, {"OMR", 3}, {"TND", 3},
      {"CLF", 4}, {"UYW", 4}, {"EUR", 2}, {"USD", 2}, {"BRL", 2}, {"CNY", 2}, {"HUF", 2}, {"IDR", 2},
      {"MGA", 2}, {"MRU", 2}, {"SLE", 2}, {"ZWG", 2}, {"XCG", 2}, {"XCD", 2}};
  int not_two = 0;
  for (const auto& [code, exponent] : rows) {
    const auto currency = base::Currency::FromCode(code);
    ASSERT_TRUE(currency.has_value()) << code;
    EXPECT_EQ(currency->exponent(), exponent) << code;
    EXPECT_EQ(currency->code(), code);
    not_two += exponent == 2 ? 0 : 1;
  }
  // And no others have another exponent than two.
  for (std::size_t i = 0; i < base::Currency::Count(); ++i) {
    not_two -= base::Currency::FromPosition(i).exponent() == 2 ? 0 : 1;
  }
  EXPECT_EQ(not_two, 0);
}

TEST(CurrencyTest, CodesThatAreNoMoneyAreUnknown) {
  for (const char* code :
       {"",    "E",   "EU",  "EURO", "eur", "Eur", "XAU", "XAG", "XPT", "XPD", "XDR", "XSU",  "XUA",
        "XBA", "XTS", "XXX", "HRK",  "SLL", "ZWL", "ANG", "BGN", "DEM", "AAA", "ZZZ", "EUR ", "\0\0\0"}) {
    EXPECT_FALSE(base::Currency::FromCode(code).has_value()) << code;
  }
}

TEST(CurrencyTest, PositionsAreInTheOrderOfTheCodes) {
  std::set<std::string> codes;
  std::string last;
  for (std::size_t i = 0; i < base::Currency::Count(); ++i) {
    const base::Currency currency = base::Currency::FromPosition(i);
    EXPECT_EQ(currency.position(), i);
    EXPECT_LT(last, currency.code());
    EXPECT_EQ(base::Currency::FromCode(currency.code()), currency);
    last = currency.code();
    codes.insert(last);
  }
  EXPECT_EQ(codes.size(), base::Currency::Count());
}

}  // namespace
}  // namespace escrow::core
