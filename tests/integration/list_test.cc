#include "integration/harness.h"
#include "unit/core/world.h"

// Goal: pages (AIP-158) and filters: every item once, whatever the size of the pages, and nothing else is taken.
namespace escrow::test {
namespace {

using core::test::Contract;
using core::test::Create;
using core::test::CreateParty;
using core::test::Deposit;
using core::test::Step;
using Agreements = v1::AgreementService::Stub;
using Platforms = v1::PlatformService::Stub;

class ListTest : public testing::Test {
 protected:
  // Walks through all pages of a list; `items` picks the repeated field. Returns how many items and pages there were.
  template <class Request, class Response, class Items>
  std::pair<int, int> Walk(grpc::Status (Agreements::*method)(grpc::ClientContext*, const Request&, Response*),
                           Request request, int page_size, Items items) {
    request.set_page_size(page_size);
    int count = 0;
    int pages = 0;
    std::set<std::string> names;
    do {
      const Response response = client_.Must(method, request);
      for (const auto& item : items(response)) {
        EXPECT_TRUE(names.insert(item.name()).second) << item.name() << " came twice";
        ++count;
      }
      ++pages;
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty() && pages < 1'000);
    return {count, pages};
  }

  std::string ListWith(const std::string& filter) {
    v1::ListAgreementsRequest request;
    request.set_parent("platforms/shop");
    request.set_filter(filter);
    v1::ListAgreementsResponse response;
    const grpc::Status status = client_.Call(&Agreements::ListAgreements, request, response);
    return status.ok() ? std::to_string(response.agreements_size()) : ReasonOf(status);
  }

  Shop shop_;
  Client& client_ = shop_.shop();
};

TEST_F(ListTest, PagesOfAgreementsAndOfTheirHistory) {
  for (int i = 0; i < 230; ++i) {
    client_.MustRun(Create("a" + std::to_string(i), Contract({Step("m1", 500)})));
  }
  v1::ListAgreementsRequest agreements;
  agreements.set_parent("platforms/shop");
  const auto of_agreements = [](const auto& response) { return response.agreements(); };
  EXPECT_EQ(Walk(&Agreements::ListAgreements, agreements, 0, of_agreements), std::pair(230, 3));
  EXPECT_EQ(Walk(&Agreements::ListAgreements, agreements, 7, of_agreements), std::pair(230, 33));
  EXPECT_EQ(Walk(&Agreements::ListAgreements, agreements, 230, of_agreements), std::pair(230, 1));
  EXPECT_EQ(Walk(&Agreements::ListAgreements, agreements, 1'000'000, of_agreements), std::pair(230, 1));
  for (int i = 0; i < 23; ++i) {
    client_.MustRun(Deposit("a7", 1));
  }
  v1::ListDepositsRequest deposits;
  deposits.set_parent(AgreementName("a7"));
  const auto of_deposits = [](const auto& response) { return response.deposits(); };
  EXPECT_EQ(Walk(&Agreements::ListDeposits, deposits, 0, of_deposits), std::pair(23, 1));
  EXPECT_EQ(Walk(&Agreements::ListDeposits, deposits, 5, of_deposits), std::pair(23, 5));
  EXPECT_EQ(Walk(&Agreements::ListDeposits, deposits, 23, of_deposits), std::pair(23, 1));
}

TEST_F(ListTest, ATokenBelongsToItsMethodAndArguments) {
  v1::ListPartiesRequest request;
  request.set_parent("platforms/shop");
  request.set_page_size(2);
  const std::string token = client_.Must(&Platforms::ListParties, request).next_page_token();
  ASSERT_FALSE(token.empty());
  request.set_page_token(token);
  request.set_page_size(3);  // may change
  EXPECT_EQ(client_.Must(&Platforms::ListParties, request).parties_size(), 3);
  v1::ListPayoutsRequest other;
  other.set_parent("platforms/shop");
  other.set_page_token(token);
  EXPECT_EQ(client_.Try(&v1::PayoutService::Stub::ListPayouts, other), "PAGE_TOKEN_INVALID");
  for (const std::string& bad : {std::string("x"), std::string(22, 'A'), std::string("!!"), token.substr(1)}) {
    request.set_page_token(bad);
    EXPECT_EQ(client_.Try(&Platforms::ListParties, request), "PAGE_TOKEN_INVALID");
  }
  request.set_page_token("");
  request.set_page_size(-1);
  EXPECT_EQ(client_.Try(&Platforms::ListParties, request), "INVALID_FIELD");
}

TEST_F(ListTest, Filters) {
  client_.MustRun(Create("a", Contract({Step("m1", 5)})));
  client_.MustRun(Create("b", core::test::Join(Contract({Step("m1", 5)}), v1::ROLE_CARRIER, "carrier")));
  client_.MustRun(core::test::Cancel("b", {"buyer", "seller"}));
  EXPECT_EQ(ListWith(""), "2");
  EXPECT_EQ(ListWith("state=ACTIVE"), "1");
  EXPECT_EQ(ListWith("state=CANCELLED"), "1");
  EXPECT_EQ(ListWith("party=" + PartyName("carrier")), "1");
  EXPECT_EQ(ListWith("party=" + PartyName("nobody")), "0");
  EXPECT_EQ(ListWith("party=" + PartyName("carrier") + " AND state=ACTIVE"), "0");
  EXPECT_EQ(ListWith("state=ACTIVE AND party=" + PartyName("buyer")), "1");
  for (const std::string bad :
       {"state", "state=", "state=active", "state=UNSPECIFIED", "state=ACTIVE AND ", "state=ACTIVE AND state=ACTIVE",
        "state=ACTIVE OR state=SETTLED", "AND", " ", "colour=red", "state==ACTIVE", "=x"}) {
    EXPECT_EQ(ListWith(bad), "FILTER_INVALID") << bad;
  }
  v1::ListPayoutsRequest payouts;
  payouts.set_parent("platforms/shop");
  payouts.set_filter("state=SENT");
  EXPECT_EQ(client_.Try(&v1::PayoutService::Stub::ListPayouts, payouts), "OK");
  payouts.set_filter("state=LOST");
  EXPECT_EQ(client_.Try(&v1::PayoutService::Stub::ListPayouts, payouts), "FILTER_INVALID");
}

TEST_F(ListTest, NamesAreChecked) {
  v1::GetAgreementRequest get;
  for (const std::string bad : {"", "a", "platforms/shop/agreements/", "platforms/shop/agreements/A",
                                "platforms/shop/parties/a", "platforms//agreements/a"}) {
    get.set_name(bad);
    EXPECT_EQ(client_.Try(&Agreements::GetAgreement, get), "INVALID_NAME") << bad;
  }
  get.set_name(AgreementName("none"));
  EXPECT_EQ(client_.Try(&Agreements::GetAgreement, get), "AGREEMENT_NOT_FOUND");
  v1::GetPlatformRequest platform;
  platform.set_name("platforms/none");
  EXPECT_EQ(shop_.root().Try(&Platforms::GetPlatform, platform), "PLATFORM_NOT_FOUND");
  v1::GetPartyRequest party;
  party.set_name(PartyName("none"));
  EXPECT_EQ(client_.Try(&Platforms::GetParty, party), "PARTY_NOT_FOUND");
  v1::GetPayoutRequest payout;
  payout.set_name(PayoutName("none"));
  EXPECT_EQ(client_.Try(&v1::PayoutService::Stub::GetPayout, payout), "PAYOUT_NOT_FOUND");
  v1::GetCredentialRequest credential;
  credential.set_name("credentials/none");
  EXPECT_EQ(shop_.root().Try(&Platforms::GetCredential, credential), "CREDENTIAL_NOT_FOUND");
}

}  // namespace
}  // namespace escrow::test
