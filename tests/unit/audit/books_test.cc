#include "audit/books.h"

#include <gtest/gtest.h>

#include "unit/audit/logs.h"

namespace escrow::audit::test {
namespace {

// Of the shop's story: deposits 4,999 + 9,999 + 10,000 + 10,000 + 700 = 35,698 came in and 4,000 has been settled.
TEST(BooksTest, TheTrialBalanceOfTheStory) {
  Books books;
  for (const v1::Event& event : Parse(LogOf(ShopStory(9'999)))) {
    ASSERT_EQ(books.Post(event), std::nullopt);
  }
  std::map<v1::AccountKind, base::Wide> balance;
  for (const auto& [key, sum] : books.TrialBalance()) {
    EXPECT_EQ(std::get<0>(key), "platforms/shop");
    EXPECT_EQ(std::get<1>(key), "EUR");
    balance[std::get<2>(key)] = sum;
  }
  EXPECT_TRUE(balance[v1::ACCOUNT_KIND_CUSTODY_BANK] == -(35'698 - 4'000));
  // The second parcel's 10,000 less the payout of 4,000; the first parcel's 9,719 are on their way.
  EXPECT_TRUE(balance[v1::ACCOUNT_KIND_PAYABLE] == 6'000);
  EXPECT_TRUE(balance[v1::ACCOUNT_KIND_PLATFORM_FEES] == 250);
  EXPECT_TRUE(balance[v1::ACCOUNT_KIND_OPERATOR_FEES] == 30);
  // The third parcel's 10,000 and the late 700; the first parcel's surplus of 4,999 is on its way.
  EXPECT_TRUE(balance[v1::ACCOUNT_KIND_REFUNDABLE] == 10'700);
  EXPECT_TRUE(balance[v1::ACCOUNT_KIND_IN_TRANSIT] == 9'719 + 4'999);
  EXPECT_EQ(balance.size(), 6U);
}

struct BadPostings {
  const char* what;
  std::vector<v1::Posting> postings;
  const char* complaint;
};

v1::Posting Line(v1::AccountKind account, std::int64_t minor_units, const char* party = "",
                 std::uint32_t milestone = 0) {
  v1::Posting posting;
  posting.set_account(account);
  posting.set_minor_units(minor_units);
  posting.set_party_id(party);
  posting.set_milestone_index(milestone);
  return posting;
}

TEST(BooksTest, PostingsThatNoLedgerTakes) {
  const BadPostings kTable[] = {
      {"one side alone", {Line(v1::ACCOUNT_KIND_CUSTODY_BANK, -5)}, "the postings do not add up to zero"},
      {"overdrawn",
       {Line(v1::ACCOUNT_KIND_UNALLOCATED, -5), Line(v1::ACCOUNT_KIND_CUSTODY, 5)},
       "UNALLOCATED of agreement a of platforms/p in EUR would be overdrawn"},
      {"the bank owes us",
       {Line(v1::ACCOUNT_KIND_CUSTODY_BANK, 5)},
       "CUSTODY_BANK of platforms/p in EUR would be overdrawn"},
      {"zero", {Line(v1::ACCOUNT_KIND_IN_TRANSIT, 0)}, "a posting of zero to IN_TRANSIT of platforms/p in EUR"},
      {"nobody's", {Line(v1::ACCOUNT_KIND_PAYABLE, 5)}, "a posting to PAYABLE names no party"},
      {"somebody's", {Line(v1::ACCOUNT_KIND_IN_TRANSIT, 5, "x")}, "a posting to IN_TRANSIT names a party"},
      {"of a milestone", {Line(v1::ACCOUNT_KIND_PAYABLE, 5, "x", 1)}, "a posting to PAYABLE names a milestone"},
      {"no account", {Line(v1::ACCOUNT_KIND_UNSPECIFIED, 5)}, "a posting names no kind of account"},
      {"of a kind that does not exist",
       {Line(static_cast<v1::AccountKind>(99), 5)},
       "a posting names no kind of account"},
      {"sums beyond 64 bits",
       {Line(v1::ACCOUNT_KIND_PAYABLE, INT64_MAX, "x"), Line(v1::ACCOUNT_KIND_PAYABLE, INT64_MAX, "x")},
       "the postings do not add up to zero"},
  };
  for (const BadPostings& row : kTable) {
    v1::Event event;
    event.set_platform("platforms/p");
    event.set_agreement_id("a");
    event.set_currency_code("EUR");
    for (const v1::Posting& posting : row.postings) {
      *event.add_postings() = posting;
    }
    EXPECT_EQ(Books().Post(event), row.complaint) << row.what;
  }
}

TEST(BooksTest, TheCurrencyIsOne) {
  v1::Event event;
  event.set_currency_code("EUR");
  EXPECT_EQ(Books().Post(event), "currency_code is set although nothing is booked");
  event.set_platform("platforms/p");
  event.set_currency_code("XAU");
  *event.add_postings() = Line(v1::ACCOUNT_KIND_IN_TRANSIT, 5);
  EXPECT_EQ(Books().Post(event), "currency_code 'XAU' is no currency of ISO 4217 with a minor unit");
}

}  // namespace
}  // namespace escrow::audit::test
