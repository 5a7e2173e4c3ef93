#include "escrowctl/describe.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

#include "escrow/v1/command_reply.pb.h"
#include "escrow/v1/ledger_service.pb.h"
#include "escrowctl/render.h"

namespace escrow::ctl {
namespace {

template <class Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

TEST(Describe, SaysConditions) {
  const auto condition = Parse<v1::Condition>(R"(
      all_of { conditions { confirmation { kind: CONFIRMATION_KIND_SHIPMENT role: ROLE_SELLER } }
               conditions { confirmation { kind: CONFIRMATION_KIND_RECEIPT role: ROLE_BUYER
                 deemed_after { start: START_CONFIRMATION_RECORDED confirmation_kind: CONFIRMATION_KIND_DELIVERY
                                duration { seconds: 604800 } } } } })");
  EXPECT_EQ(Describe(condition), "SHIPMENT by SELLER and (RECEIPT by BUYER, deemed 7d after DELIVERY)");
}

TEST(Describe, SaysEveryKindOfEvent) {
  const auto* fact = v1::Event::descriptor()->FindOneofByName("fact");
  for (int i = 0; i < fact->field_count(); ++i) {
    v1::Event event;
    event.set_currency_code("EUR");
    event.GetReflection()->MutableMessage(&event, fact->field(i));
    EXPECT_FALSE(Describe(event, {"parcel"}).text.empty()) << fact->field(i)->name();
    EXPECT_FALSE(KindName(event).empty()) << fact->field(i)->name();
  }
}

TEST(Describe, SaysWhoGetsWhat) {
  const auto event = Parse<v1::Event>(R"(
      currency_code: "EUR"
      postings { account: ACCOUNT_KIND_CUSTODY minor_units: -10000 }
      postings { account: ACCOUNT_KIND_PAYABLE party_id: "bazaar" minor_units: 9500 }
      postings { account: ACCOUNT_KIND_PLATFORM_FEES minor_units: 500 }
      milestone_released { milestone_index: 0 minor_units: 10000 cause: MOVE_CAUSE_CONDITIONS_MET final: true })");
  const EventText told = Describe(event, {"parcel"});
  EXPECT_EQ(told.side, Side::kMoney);
  EXPECT_EQ(told.text, "parcel released: 95.00 EUR to bazaar, 5.00 EUR platform fee (conditions met)");
}

TEST(Render, MakesTablesOfLists) {
  const auto balances = Parse<v1::ListPartyBalancesResponse>(
      R"(balances { currency_code: "EUR" payable: 9500 } balances { currency_code: "JPY" refundable: 12 })");
  std::ostringstream out;
  Render(balances, out);
  EXPECT_EQ(out.str(),
            "currency_code    payable  refundable\n"
            "EUR            95.00 EUR\n"
            "JPY                           12 JPY\n");
  std::ostringstream none;
  Render(v1::ListPartyBalancesResponse(), none);
  EXPECT_EQ(none.str(), "none\n");
}

TEST(Render, MakesFieldsOfMessages) {
  const auto reply = Parse<v1::CommandReply>(
      R"(request_id: "r" name: "platforms/shop" first_sequence: 7 last_sequence: 7 log_time { seconds: 1772442000 })");
  std::ostringstream out;
  Render(reply, out);
  EXPECT_EQ(out.str(),
            "request_id      r\n"
            "name            platforms/shop\n"
            "first_sequence  7\n"
            "last_sequence   7\n"
            "log_time        2026-03-02 09:00:00Z\n");
}

}  // namespace
}  // namespace escrow::ctl
