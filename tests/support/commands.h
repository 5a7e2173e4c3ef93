#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "escrow/v1/command.pb.h"
#include "escrow/v1/platform.pb.h"

// Commands of a small shop, for tests that need something to happen.
namespace escrow::test {

// A request id that is different for each number.
inline std::string RequestId(std::uint64_t number) {
  char text[40];
  std::snprintf(text, sizeof text, "%08x-0000-4000-8000-%012llx", static_cast<unsigned>(number >> 48),
                static_cast<unsigned long long>(number & 0xffffffffffff));
  return text;
}

inline v1::Principal Operator() {
  v1::Principal principal;
  principal.set_kind(v1::Principal::KIND_OPERATOR);
  return principal;
}

inline v1::Principal PlatformPrincipal(const std::string& platform_id) {
  v1::Principal principal;
  principal.set_kind(v1::Principal::KIND_PLATFORM);
  principal.set_platform("platforms/" + platform_id);
  return principal;
}

inline v1::Command CreatePlatform(std::uint64_t number, const std::string& id, bool sandbox = false) {
  v1::Command command;
  v1::CreatePlatformRequest& request = *command.mutable_create_platform();
  request.set_request_id(RequestId(number));
  request.set_platform_id(id);
  request.mutable_platform()->set_sandbox(sandbox);
  request.mutable_platform()->set_rail_access(v1::Platform::RAIL_ACCESS_PLATFORM);
  return command;
}

inline v1::Command CreateParty(std::uint64_t number, const std::string& platform_id, const std::string& id) {
  v1::Command command;
  v1::CreatePartyRequest& request = *command.mutable_create_party();
  request.set_request_id(RequestId(number));
  request.set_parent("platforms/" + platform_id);
  request.set_party_id(id);
  return command;
}

// One parcel of 100.00 EUR from party "seller" to party "buyer": the seller confirms the shipment, the buyer the
// receipt, which counts as given three days after the shipment.
inline v1::Command CreateParcel(std::uint64_t number, const std::string& platform_id, const std::string& id) {
  const std::string platform = "platforms/" + platform_id;
  v1::Command command;
  v1::CreateAgreementRequest& request = *command.mutable_create_agreement();
  request.set_request_id(RequestId(number));
  request.set_parent(platform);
  request.set_agreement_id(id);
  v1::Agreement& agreement = *request.mutable_agreement();
  agreement.set_currency_code("EUR");
  v1::Participant& buyer = *agreement.add_participants();
  buyer.set_role(v1::ROLE_BUYER);
  buyer.set_party(platform + "/parties/buyer");
  v1::Participant& seller = *agreement.add_participants();
  seller.set_role(v1::ROLE_SELLER);
  seller.set_party(platform + "/parties/seller");
  v1::Milestone& milestone = *agreement.add_milestones();
  milestone.set_milestone_id("parcel");
  milestone.mutable_amount()->set_currency_code("EUR");
  milestone.mutable_amount()->set_minor_units(10'000);
  auto& conditions = *milestone.mutable_release_when()->mutable_all_of()->mutable_conditions();
  v1::Requirement& shipment = *conditions.Add()->mutable_confirmation();
  shipment.set_kind(v1::CONFIRMATION_KIND_SHIPMENT);
  shipment.set_role(v1::ROLE_SELLER);
  v1::Requirement& receipt = *conditions.Add()->mutable_confirmation();
  receipt.set_kind(v1::CONFIRMATION_KIND_RECEIPT);
  receipt.set_role(v1::ROLE_BUYER);
  receipt.mutable_deemed_after()->set_start(v1::Timer::START_CONFIRMATION_RECORDED);
  receipt.mutable_deemed_after()->set_confirmation_kind(v1::CONFIRMATION_KIND_SHIPMENT);
  receipt.mutable_deemed_after()->mutable_duration()->set_seconds(3 * 86'400);
  v1::Payee& payee = *milestone.add_payees();
  payee.set_party(seller.party());
  payee.set_remainder(true);
  return command;
}

inline v1::Command RecordDeposit(std::uint64_t number, const std::string& agreement, std::int64_t minor_units) {
  v1::Command command;
  v1::RecordDepositRequest& request = *command.mutable_record_deposit();
  request.set_request_id(RequestId(number));
  request.set_name(agreement);
  request.set_deposit_id("deposit-" + std::to_string(number));
  request.mutable_amount()->set_currency_code("EUR");
  request.mutable_amount()->set_minor_units(minor_units);
  return command;
}

inline v1::Command Confirm(std::uint64_t number, const std::string& agreement, v1::ConfirmationKind kind,
                           const std::string& party) {
  v1::Command command;
  v1::ConfirmMilestoneRequest& request = *command.mutable_confirm_milestone();
  request.set_request_id(RequestId(number));
  request.set_name(agreement);
  request.set_milestone_id("parcel");
  request.set_kind(kind);
  request.set_party(party);
  return command;
}

}  // namespace escrow::test
