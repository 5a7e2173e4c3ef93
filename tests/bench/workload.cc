#include "bench/workload.h"

#include <algorithm>

#include "base/assert.h"
#include "crypto/sha256.h"
#include "support/commands.h"

namespace escrow::bench {
namespace {

// postgres/lifecycle.pgbench and postgres/populate.sql have the same numbers.
constexpr std::uint64_t kBuyerStride = 618'033;
constexpr std::uint64_t kSellerStride = 414'213;
constexpr std::uint64_t kSkewModulus = 1'000'003;
constexpr std::uint64_t kEndStride = 2'654'435'761;
constexpr std::uint64_t kSlackMax = 16'384;

constexpr std::uint64_t kFoundingRequests = 1ULL << 60;  // their ids, apart from those of agreements
constexpr std::uint64_t kRequestsPerAgreement = 8;       // ids; five are used
constexpr std::int64_t kDay = 86'400;

// A party of the agreement by a power law with exponent 3/4: uniform u in [0, 1) gives kParties * u^4.
std::uint64_t Skewed(std::uint64_t number, std::uint64_t stride) {
  const double u = static_cast<double>(number * stride % kSkewModulus) / static_cast<double>(kSkewModulus);
  return static_cast<std::uint64_t>(static_cast<double>(kParties) * u * u * u * u);
}

std::string PartyName(const char* role, std::uint64_t party) {
  return std::string(kPlatform) + "/parties/" + role + "-" + std::to_string(party);
}
std::string Buyer(std::uint64_t number) { return PartyName("buyer", Skewed(number, kBuyerStride)); }
std::string Seller(std::uint64_t number) { return PartyName("seller", Skewed(number, kSellerStride)); }

std::string AgreementId(std::uint64_t number) { return "order-" + std::to_string(number); }
std::string AgreementName(std::uint64_t number) {
  return std::string(kPlatform) + "/agreements/" + AgreementId(number);
}
std::string RequestId(std::uint64_t number, std::uint64_t step) {
  return test::RequestId(number * kRequestsPerAgreement + step);
}

// A tenth of the price: from 1.00 to 100.72 EUR.
std::int64_t Tenth(std::uint64_t number) { return 100 + static_cast<std::int64_t>(number * 7'919 % 9'973); }

void SetEuros(std::int64_t minor_units, v1::Amount& amount) {
  amount.set_currency_code("EUR");
  amount.set_minor_units(minor_units);
}

void AddParticipant(v1::Role role, std::string party, v1::Agreement& agreement) {
  v1::Participant& participant = *agreement.add_participants();
  participant.set_role(role);
  participant.set_party(std::move(party));
}

void AddFee(v1::Fee::Beneficiary beneficiary, std::int32_t basis_points, v1::Milestone& milestone) {
  v1::Fee& fee = *milestone.add_fees();
  fee.set_beneficiary(beneficiary);
  fee.set_basis_points(basis_points);
}

v1::Milestone& AddMilestone(const char* id, const char* after, std::int64_t minor_units, v1::Agreement& agreement) {
  v1::Milestone& milestone = *agreement.add_milestones();
  milestone.set_milestone_id(id);
  SetEuros(minor_units, *milestone.mutable_amount());
  if (after != nullptr) {
    milestone.add_opens_after(after);
  }
  v1::Payee& payee = *milestone.add_payees();
  payee.set_party(agreement.participants(1).party());
  payee.set_remainder(true);
  AddFee(v1::Fee::BENEFICIARY_PLATFORM, 250, milestone);
  AddFee(v1::Fee::BENEFICIARY_OPERATOR, 50, milestone);
  return milestone;
}

v1::Timer DaysAfterFunding(std::int64_t days) {
  v1::Timer timer;
  timer.set_start(v1::Timer::START_MILESTONE_FUNDED);
  timer.mutable_duration()->set_seconds(days * kDay);
  return timer;
}

v1::Command Create(std::uint64_t number) {
  v1::Command command;
  v1::CreateAgreementRequest& request = *command.mutable_create_agreement();
  request.set_request_id(RequestId(number, 0));
  request.set_parent(kPlatform);
  request.set_agreement_id(AgreementId(number));
  v1::Agreement& agreement = *request.mutable_agreement();
  agreement.set_currency_code("EUR");
  AddParticipant(v1::ROLE_BUYER, Buyer(number), agreement);
  AddParticipant(v1::ROLE_SELLER, Seller(number), agreement);
  const std::int64_t tenth = Tenth(number);

  v1::Milestone& shipment = AddMilestone("shipment", nullptr, 3 * tenth, agreement);
  v1::Requirement& shipped = *shipment.mutable_release_when()->mutable_confirmation();
  shipped.set_kind(v1::CONFIRMATION_KIND_SHIPMENT);
  shipped.set_role(v1::ROLE_SELLER);
  *shipment.mutable_delivery_deadline() = DaysAfterFunding(14);
  shipment.set_delivery_deadline_met_by(v1::CONFIRMATION_KIND_SHIPMENT);

  v1::Milestone& delivery = AddMilestone("delivery", "shipment", 4 * tenth, agreement);
  v1::Requirement& delivered = *delivery.mutable_release_when()->mutable_confirmation();
  delivered.set_kind(v1::CONFIRMATION_KIND_DELIVERY);
  delivered.set_role(v1::ROLE_BUYER);
  *delivered.mutable_deemed_after() = DaysAfterFunding(30);

  v1::Milestone& receipt = AddMilestone("receipt", "delivery", 3 * tenth, agreement);
  v1::Requirement& received = *receipt.mutable_release_when()->mutable_confirmation();
  received.set_kind(v1::CONFIRMATION_KIND_RECEIPT);
  received.set_role(v1::ROLE_BUYER);
  *received.mutable_deemed_after() = DaysAfterFunding(45);
  return command;
}

v1::Command Deposit(std::uint64_t number) {
  v1::Command command;
  v1::RecordDepositRequest& request = *command.mutable_record_deposit();
  request.set_request_id(RequestId(number, 1));
  request.set_name(AgreementName(number));
  request.set_deposit_id("transfer-" + std::to_string(number));
  SetEuros(10 * Tenth(number), *request.mutable_amount());
  request.set_payment_method(v1::PAYMENT_METHOD_TRANSFER_BANK);
  return command;
}

v1::Command Confirm(std::uint64_t number, std::uint64_t step, const char* milestone, v1::ConfirmationKind kind,
                    std::string party) {
  v1::Command command;
  v1::ConfirmMilestoneRequest& request = *command.mutable_confirm_milestone();
  request.set_request_id(RequestId(number, step));
  request.set_name(AgreementName(number));
  request.set_milestone_id(milestone);
  request.set_kind(kind);
  request.set_party(std::move(party));
  return command;
}

}  // namespace

Workload::Workload(std::uint64_t live) : live_(live), block_(live - std::min(live / 2, kSlackMax)) {
  ESCROW_ASSERT(live >= 4 && live < kEndStride);  // the stride is a prime, so it has no factor in common with block_
}

std::vector<v1::Command> Workload::Founding() {
  std::vector<v1::Command> commands{test::CreatePlatform(kFoundingRequests, "shop")};
  v1::CreateCredentialRequest& request = *commands.emplace_back().mutable_create_credential();
  request.set_request_id(test::RequestId(kFoundingRequests + 1));
  request.set_credential_id("bench");
  *request.mutable_credential()->mutable_principal() = PlatformPrincipal();
  const crypto::Digest digest = crypto::Sha256Of(kPlatformKey);
  request.mutable_credential()->set_api_key_sha256(std::string(digest.begin(), digest.end()));
  return commands;
}

std::vector<v1::Command> Workload::Parties() {
  std::vector<v1::Command> commands;
  for (std::uint64_t i = 0; i < kParties; ++i) {
    const std::uint64_t request = kFoundingRequests + 2 + 2 * i;
    commands.push_back(test::CreateParty(request, "shop", "buyer-" + std::to_string(i)));
    commands.push_back(test::CreateParty(request + 1, "shop", "seller-" + std::to_string(i)));
  }
  return commands;
}

void Workload::AddBeginning(std::uint64_t number, std::vector<v1::Command>& commands) {
  commands.push_back(Create(number));
  commands.push_back(Deposit(number));
}

void Workload::AddEnding(std::uint64_t number, std::vector<v1::Command>& commands) {
  commands.push_back(Confirm(number, 2, "shipment", v1::CONFIRMATION_KIND_SHIPMENT, Seller(number)));
  commands.push_back(Confirm(number, 3, "delivery", v1::CONFIRMATION_KIND_DELIVERY, Buyer(number)));
  commands.push_back(Confirm(number, 4, "receipt", v1::CONFIRMATION_KIND_RECEIPT, Buyer(number)));
}

// A block begins when all its agreements have been created: agreement live + k is made by lifecycle k.
std::uint64_t Workload::EndOf(std::uint64_t lifecycle) const {
  const std::uint64_t within = lifecycle % block_ * kEndStride % block_;
  return lifecycle / block_ * block_ + within;
}

void Workload::AddLifecycle(std::uint64_t lifecycle, std::vector<v1::Command>& commands) const {
  AddBeginning(live_ + lifecycle, commands);
  AddEnding(EndOf(lifecycle), commands);
}

std::vector<std::vector<v1::Command>> Workload::Chains(std::uint64_t first, std::uint64_t count,
                                                       std::uint64_t per_chain) const {
  std::vector<std::vector<v1::Command>> chains((count + per_chain - 1) / per_chain);
  for (std::uint64_t i = 0; i < count; ++i) {
    AddLifecycle(first + i, chains[i / per_chain]);
  }
  return chains;
}

v1::Principal PlatformPrincipal() { return test::PlatformPrincipal("shop"); }

v1::Principal OperatorPrincipal() { return test::Operator(); }

}  // namespace escrow::bench
