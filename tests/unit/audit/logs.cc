#include "unit/audit/logs.h"

#include <google/protobuf/text_format.h>

#include "audit/chain.h"
#include "audit/domain.h"
#include "audit/event_form.h"
#include "base/assert.h"
#include "support/commands.h"
#include "unit/audit/workshop.h"

namespace escrow::audit::test {
namespace {

using escrow::test::Confirm;
using escrow::test::CreateParcel;
using escrow::test::CreateParty;
using escrow::test::CreatePlatform;
using escrow::test::Operator;
using escrow::test::PlatformPrincipal;
using escrow::test::RecordDeposit;
using escrow::test::RequestId;

constexpr char kShop[] = "platforms/shop";
constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kBegin = 1'600'000'000;

v1::Command MoveClock(std::uint64_t number, std::int64_t seconds) {
  v1::Command command;
  command.mutable_advance_clock()->set_request_id(RequestId(number));
  command.mutable_advance_clock()->set_name(kShop);
  command.mutable_advance_clock()->mutable_clock_time()->set_seconds(kBegin + seconds);
  return command;
}

v1::Command Payout(std::uint64_t number, const std::string& id, const std::string& party, std::int64_t amount) {
  v1::Command command;
  v1::RequestPayoutRequest& request = *command.mutable_request_payout();
  request.set_request_id(RequestId(number));
  request.set_parent(kShop);
  request.set_payout_id(id);
  request.mutable_payout()->set_source(v1::ACCOUNT_KIND_PAYABLE);
  request.mutable_payout()->set_party(std::string(kShop) + "/parties/" + party);
  request.mutable_payout()->mutable_amount()->set_currency_code("EUR");
  request.mutable_payout()->mutable_amount()->set_minor_units(amount);
  return command;
}

v1::Command Refund(std::uint64_t number, const std::string& agreement, std::int64_t amount) {
  v1::Command command;
  v1::RefundMilestoneRequest& request = *command.mutable_refund_milestone();
  request.set_request_id(RequestId(number));
  request.set_name(agreement);
  request.set_milestone_id("parcel");
  request.set_party(std::string(kShop) + "/parties/seller");
  if (amount > 0) {
    request.mutable_amount()->set_currency_code("EUR");
    request.mutable_amount()->set_minor_units(amount);
  }
  return command;
}

v1::Command FirstParcel(std::uint64_t number, std::int64_t amount) {
  v1::Command command = CreateParcel(number, "shop", "first");
  v1::Agreement& agreement = *command.mutable_create_agreement()->mutable_agreement();
  agreement.mutable_policies()->set_payout(v1::Policies::PAYOUT_AUTOMATIC);
  agreement.mutable_policies()->mutable_payout_delay()->set_seconds(kDay);
  agreement.mutable_policies()->set_acceptance(v1::Policies::ACCEPTANCE_BY_PARTIES);
  v1::Milestone& milestone = *agreement.mutable_milestones(0);
  milestone.mutable_amount()->set_minor_units(amount);
  milestone.mutable_funding_deadline()->set_start(v1::Timer::START_AGREEMENT_ACTIVATED);
  milestone.mutable_funding_deadline()->mutable_duration()->set_seconds(5 * kDay);
  v1::Fee& platform_fee = *milestone.add_fees();
  platform_fee.set_beneficiary(v1::Fee::BENEFICIARY_PLATFORM);
  platform_fee.set_basis_points(250);
  v1::Fee& operator_fee = *milestone.add_fees();
  operator_fee.set_beneficiary(v1::Fee::BENEFICIARY_OPERATOR);
  operator_fee.set_minor_units(30);
  return command;
}

v1::Command Accept(std::uint64_t number, const std::string& agreement, const std::string& party) {
  v1::Command command;
  command.mutable_accept_agreement()->set_request_id(RequestId(number));
  command.mutable_accept_agreement()->set_name(agreement);
  command.mutable_accept_agreement()->set_party(std::string(kShop) + "/parties/" + party);
  return command;
}

}  // namespace

Entries LogOf(const Script& script) {
  Workshop workshop;
  for (const auto& [actor, command] : script) {
    workshop.Execute(actor, {command});
  }
  return workshop.Finish();
}

Script ShopStory(std::int64_t amount) {
  const v1::Principal op = Operator();
  const v1::Principal shop = PlatformPrincipal("shop");
  const std::string first = std::string(kShop) + "/agreements/first";
  const std::string second = std::string(kShop) + "/agreements/second";
  const std::string third = std::string(kShop) + "/agreements/third";
  const std::string buyer = std::string(kShop) + "/parties/buyer";
  const std::string seller = std::string(kShop) + "/parties/seller";
  v1::Command platform = CreatePlatform(1, "shop", /*sandbox=*/true);
  platform.mutable_create_platform()->mutable_platform()->mutable_initial_clock_time()->set_seconds(kBegin);
  v1::Command send;
  send.mutable_send_payout()->set_request_id(RequestId(40));
  send.mutable_send_payout()->set_name(std::string(kShop) + "/payouts/p1");
  v1::Command settle;
  settle.mutable_settle_payout()->set_request_id(RequestId(41));
  settle.mutable_settle_payout()->set_name(std::string(kShop) + "/payouts/p1");
  return {
      {op, platform},
      {shop, CreateParty(2, "shop", "buyer")},
      {shop, CreateParty(3, "shop", "seller")},
      {shop, FirstParcel(4, amount)},
      {shop, Accept(5, first, "buyer")},
      {shop, Accept(6, first, "seller")},
      {shop, CreateParcel(7, "shop", "second")},
      {shop, CreateParcel(8, "shop", "third")},
      {shop, RecordDeposit(9, first, amount / 2)},
      {shop, Confirm(10, first, v1::CONFIRMATION_KIND_SHIPMENT, seller)},  // refused: not funded; burns its id
      {shop, RecordDeposit(11, first, amount)},                            // too much: half of it goes back
      {shop, Confirm(12, first, v1::CONFIRMATION_KIND_SHIPMENT, seller)},
      {op, RecordDeposit(13, second, 10'000)},
      {shop, RecordDeposit(14, third, 10'000)},
      {shop, Confirm(15, second, v1::CONFIRMATION_KIND_SHIPMENT, seller)},
      {shop, MoveClock(16, kDay)},
      {shop, Confirm(17, first, v1::CONFIRMATION_KIND_RECEIPT, buyer)},
      {shop, Refund(18, third, 2'500)},
      {shop, MoveClock(19, 4 * kDay)},  // the second parcel's receipt is deemed; payouts of the first leave
      {shop, Payout(20, "p1", "seller", 4'000)},
      {shop, send},
      {shop, settle},
      {shop, Refund(21, third, 0)},
      {shop, RecordDeposit(22, third, 700)},  // it has ended: late money goes back
  };
}

v1::Command TextCommand(const std::string& field, std::uint64_t number, const std::string& text) {
  v1::Command command;
  const std::string whole = field + " { request_id: '" + RequestId(number) + "' " + text + " }";
  ESCROW_ASSERT(google::protobuf::TextFormat::ParseFromString(whole, &command));
  return command;
}

v1::Command PutRecord(std::uint64_t number, const std::string& record) {
  return TextCommand("commit_record", number,
                     "parent: 'platforms/shop/parties/ann' kind: RECORD_KIND_NAME record_id: '" + record +
                         "' commitment: '" + std::string(32, 'c') + "'");
}

Script PersonalDataStory() {
  const v1::Principal shop = PlatformPrincipal("shop");
  const std::string ann = "name: 'platforms/shop/parties/ann' ";
  const std::string erase = ann + "cause: ERASURE_CAUSE_REQUEST";
  return {
      {Operator(), CreatePlatform(1, "shop", /*sandbox=*/false)},
      {shop, CreateParty(2, "shop", "ann")},
      {shop, CreateParty(3, "shop", "bob")},
      {shop, PutRecord(4, "name")},
      {shop, PutRecord(5, "address")},
      {Operator(), TextCommand("place_legal_hold", 6, ann + "legal_hold_id: 'tax' legal_hold { reference: 'case 7' }")},
      {shop, TextCommand("erase_subject", 7, erase)},
      {Operator(), TextCommand("release_legal_hold", 8, ann + "legal_hold_id: 'tax'")},
      {shop, TextCommand("place_legal_hold", 9,
                         "name: 'platforms/shop/parties/bob' legal_hold_id: 'h' "
                         "legal_hold { reference: 'case 8' end_time { seconds: 4102444800 } }")},
      {shop, TextCommand("erase_subject", 10, erase)},
  };
}

std::vector<v1::Event> Parse(const Entries& entries) {
  std::vector<v1::Event> events;
  for (const std::string& entry : entries) {
    ESCROW_ASSERT(events.emplace_back().ParseFromString(entry));
  }
  return events;
}

Entries Serialise(const std::vector<v1::Event>& events) {
  Entries entries;
  for (const v1::Event& event : events) {
    entries.push_back(event.SerializeAsString());
  }
  return entries;
}

std::string FirstComplaint(const Entries& entries) {
  Chain chain;
  Domain domain(RuleTables::Published());
  v1::Event event;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string where = "event " + std::to_string(i + 1) + ": ";
    if (const Complaint wrong = ReadEvent(entries[i], event)) {
      return where + "structure: " + *wrong;
    }
    if (const Complaint wrong = chain.Take(event)) {
      return where + "chain: " + *wrong;
    }
    if (const Complaint wrong = domain.Take(event)) {
      return where + "domain: " + *wrong;
    }
  }
  const Complaint wrong = domain.Finish();
  return wrong ? "the end: " + *wrong : "";
}

}  // namespace escrow::audit::test
