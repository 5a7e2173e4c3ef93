#include <string>

#include "core/names.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "unit/core/world.h"

// The builders of world.h.
namespace escrow::core::test {
namespace {

std::string OfShop(std::string_view party_id) { return party_id.empty() ? "" : PartyName("shop", party_id); }

std::string Shop(std::string_view agreement_id) { return AgreementName("shop", agreement_id); }

void SetTime(google::protobuf::Timestamp& out, base::Time time) {
  out.set_seconds(time.ns / base::kNsPerSecond);
  out.set_nanos(static_cast<std::int32_t>(time.ns % base::kNsPerSecond));
}

google::protobuf::Message* PayloadOf(v1::Command& command) {
  const auto* reflection = command.GetReflection();
  const auto* oneof = command.GetDescriptor()->FindOneofByName("payload");
  return reflection->MutableMessage(&command, reflection->GetOneofFieldDescriptor(command, oneof));
}

}  // namespace

v1::Principal Operator() {
  v1::Principal principal;
  principal.set_kind(v1::Principal::KIND_OPERATOR);
  return principal;
}

v1::Principal Auditor(std::string_view platform_id) {
  v1::Principal principal;
  principal.set_kind(v1::Principal::KIND_AUDITOR);
  if (!platform_id.empty()) {
    principal.set_platform(PlatformName(platform_id));
  }
  return principal;
}

v1::Principal OfPlatform(std::string_view platform_id) {
  v1::Principal principal;
  principal.set_kind(v1::Principal::KIND_PLATFORM);
  principal.set_platform(PlatformName(platform_id));
  return principal;
}

v1::Principal OfParty(std::string_view party_id, std::string_view platform_id) {
  v1::Principal principal;
  principal.set_kind(v1::Principal::KIND_PARTY);
  principal.set_party(PartyName(platform_id, party_id));
  return principal;
}

v1::Amount Money(std::int64_t minor_units, std::string_view currency) {
  v1::Amount amount;
  amount.set_currency_code(std::string(currency));
  amount.set_minor_units(minor_units);
  return amount;
}

v1::Timer At(base::Time time) {
  v1::Timer timer;
  timer.set_start(v1::Timer::START_FIXED_TIME);
  SetTime(*timer.mutable_fixed_time(), time);
  return timer;
}

v1::Timer After(v1::Timer::Start start, std::int64_t seconds) {
  v1::Timer timer;
  timer.set_start(start);
  timer.mutable_duration()->set_seconds(seconds);
  return timer;
}

v1::Timer AfterRecorded(v1::ConfirmationKind kind, std::int64_t seconds) {
  v1::Timer timer = After(v1::Timer::START_CONFIRMATION_RECORDED, seconds);
  timer.set_confirmation_kind(kind);
  return timer;
}

v1::Condition Needs(v1::ConfirmationKind kind, v1::Role role, std::initializer_list<v1::EvidenceKind> evidence) {
  v1::Condition condition;
  condition.mutable_confirmation()->set_kind(kind);
  condition.mutable_confirmation()->set_role(role);
  for (const v1::EvidenceKind each : evidence) {
    condition.mutable_confirmation()->add_evidence(each);
  }
  return condition;
}

v1::Condition NeedsOrDeemed(v1::ConfirmationKind kind, v1::Role role, const v1::Timer& deemed_after) {
  v1::Condition condition = Needs(kind, role);
  *condition.mutable_confirmation()->mutable_deemed_after() = deemed_after;
  return condition;
}

v1::Condition AllOf(std::initializer_list<v1::Condition> conditions) {
  v1::Condition condition;
  condition.mutable_all_of()->mutable_conditions()->Assign(conditions.begin(), conditions.end());
  return condition;
}

v1::Condition AnyOf(std::initializer_list<v1::Condition> conditions) {
  v1::Condition condition;
  condition.mutable_any_of()->mutable_conditions()->Assign(conditions.begin(), conditions.end());
  return condition;
}

v1::Condition AtLeast(std::int32_t count, std::initializer_list<v1::Condition> conditions) {
  v1::Condition condition;
  condition.mutable_at_least()->set_count(count);
  condition.mutable_at_least()->mutable_conditions()->Assign(conditions.begin(), conditions.end());
  return condition;
}

v1::Evidence Proof(v1::EvidenceKind kind) {
  v1::Evidence evidence;
  evidence.set_kind(kind);
  evidence.set_sha256(std::string(32, 'e'));
  return evidence;
}

v1::Payee Fixed(std::string_view party_id, std::int64_t minor_units) {
  v1::Payee payee;
  payee.set_party(OfShop(party_id));
  payee.set_minor_units(minor_units);
  return payee;
}

v1::Payee Points(std::string_view party_id, std::int32_t basis_points) {
  v1::Payee payee;
  payee.set_party(OfShop(party_id));
  payee.set_basis_points(basis_points);
  return payee;
}

v1::Payee Rest(std::string_view party_id) {
  v1::Payee payee;
  payee.set_party(OfShop(party_id));
  payee.set_remainder(true);
  return payee;
}

v1::Fee FixedFee(v1::Fee::Beneficiary beneficiary, std::int64_t minor_units) {
  v1::Fee fee;
  fee.set_beneficiary(beneficiary);
  fee.set_minor_units(minor_units);
  return fee;
}

v1::Fee PointsFee(v1::Fee::Beneficiary beneficiary, std::int32_t basis_points) {
  v1::Fee fee;
  fee.set_beneficiary(beneficiary);
  fee.set_basis_points(basis_points);
  return fee;
}

v1::Milestone Step(std::string_view id, std::int64_t amount) { return Step(id, amount, Needs(kReceipt, kBuyer)); }

v1::Milestone Step(std::string_view id, std::int64_t amount, const v1::Condition& release_when) {
  v1::Milestone milestone;
  milestone.set_milestone_id(std::string(id));
  *milestone.mutable_amount() = Money(amount);
  *milestone.mutable_release_when() = release_when;
  *milestone.add_payees() = Rest("seller");
  return milestone;
}

v1::Agreement Contract(std::initializer_list<v1::Milestone> milestones) {
  v1::Agreement agreement;
  agreement.set_currency_code("EUR");
  agreement = Join(Join(std::move(agreement), kBuyer, "buyer"), kSeller, "seller");
  agreement.mutable_milestones()->Assign(milestones.begin(), milestones.end());
  return agreement;
}

v1::Agreement Join(v1::Agreement agreement, v1::Role role, std::string_view party_id) {
  v1::Participant& participant = *agreement.add_participants();
  participant.set_role(role);
  participant.set_party(OfShop(party_id));
  return agreement;
}

v1::Command CreatePlatform(std::string_view id, bool sandbox, bool rail_access) {
  v1::Command command;
  v1::CreatePlatformRequest& request = *command.mutable_create_platform();
  request.set_platform_id(std::string(id));
  v1::Platform& platform = *request.mutable_platform();
  platform.set_sandbox(sandbox);
  if (sandbox) {
    SetTime(*platform.mutable_initial_clock_time(), kStart);
  }
  platform.set_rail_access(rail_access ? v1::Platform::RAIL_ACCESS_PLATFORM : v1::Platform::RAIL_ACCESS_OPERATOR);
  return command;
}

v1::Command CreateParty(std::string_view id, std::string_view platform_id) {
  v1::Command command;
  command.mutable_create_party()->set_parent(PlatformName(platform_id));
  command.mutable_create_party()->set_party_id(std::string(id));
  return command;
}

v1::Command CreateKey(std::string_view id, const v1::Principal& principal, char key) {
  v1::Command command;
  v1::CreateCredentialRequest& request = *command.mutable_create_credential();
  request.set_credential_id(std::string(id));
  *request.mutable_credential()->mutable_principal() = principal;
  request.mutable_credential()->set_api_key_sha256(std::string(32, key));
  return command;
}

v1::Command RevokeCredential(std::string_view id) {
  v1::Command command;
  command.mutable_revoke_credential()->set_name(CredentialName(id));
  return command;
}

v1::Command AdvanceClock(base::Time time, std::string_view platform_id) {
  v1::Command command;
  command.mutable_advance_clock()->set_name(PlatformName(platform_id));
  SetTime(*command.mutable_advance_clock()->mutable_clock_time(), time);
  return command;
}

v1::Command Create(std::string_view id, const v1::Agreement& agreement) {
  v1::Command command;
  v1::CreateAgreementRequest& request = *command.mutable_create_agreement();
  request.set_parent(PlatformName("shop"));
  request.set_agreement_id(std::string(id));
  *request.mutable_agreement() = agreement;
  return command;
}

v1::Command Accept(std::string_view id, std::string_view party_id) {
  v1::Command command;
  command.mutable_accept_agreement()->set_name(Shop(id));
  command.mutable_accept_agreement()->set_party(OfShop(party_id));
  return command;
}

v1::Command Cancel(std::string_view id, std::initializer_list<std::string_view> party_ids) {
  v1::Command command;
  command.mutable_cancel_agreement()->set_name(Shop(id));
  for (const std::string_view party_id : party_ids) {
    command.mutable_cancel_agreement()->add_parties(OfShop(party_id));
  }
  return command;
}

v1::Command Deposit(std::string_view id, std::int64_t amount, std::string_view deposit_id) {
  v1::Command command;
  v1::RecordDepositRequest& request = *command.mutable_record_deposit();
  request.set_name(Shop(id));
  request.set_deposit_id(std::string(deposit_id));
  *request.mutable_amount() = Money(amount);
  return command;
}

v1::Command Confirm(std::string_view id, std::string_view milestone, v1::ConfirmationKind kind,
                    std::string_view party_id, std::initializer_list<v1::Evidence> evidence) {
  v1::Command command;
  v1::ConfirmMilestoneRequest& request = *command.mutable_confirm_milestone();
  request.set_name(Shop(id));
  request.set_milestone_id(std::string(milestone));
  request.set_kind(kind);
  request.set_party(OfShop(party_id));
  request.mutable_evidence()->Assign(evidence.begin(), evidence.end());
  return command;
}

v1::Command Release(std::string_view id, std::string_view milestone, std::int64_t amount, std::string_view party_id) {
  v1::Command command;
  v1::ReleaseMilestoneRequest& request = *command.mutable_release_milestone();
  request.set_name(Shop(id));
  request.set_milestone_id(std::string(milestone));
  request.set_party(OfShop(party_id));
  if (amount != 0) {
    *request.mutable_amount() = Money(amount);
  }
  return command;
}

v1::Command Refund(std::string_view id, std::string_view milestone, std::int64_t amount, std::string_view party_id) {
  v1::Command command;
  v1::RefundMilestoneRequest& request = *command.mutable_refund_milestone();
  request.set_name(Shop(id));
  request.set_milestone_id(std::string(milestone));
  request.set_party(OfShop(party_id));
  if (amount != 0) {
    *request.mutable_amount() = Money(amount);
  }
  return command;
}

v1::Command RequestPayout(std::string_view id, v1::AccountKind source, std::string_view party_id, std::int64_t amount) {
  v1::Command command;
  v1::RequestPayoutRequest& request = *command.mutable_request_payout();
  request.set_parent(PlatformName("shop"));
  request.set_payout_id(std::string(id));
  request.mutable_payout()->set_source(source);
  request.mutable_payout()->set_party(OfShop(party_id));
  *request.mutable_payout()->mutable_amount() = Money(amount);
  return command;
}

v1::Command SendPayout(std::string_view id) {
  v1::Command command;
  command.mutable_send_payout()->set_name(PayoutName("shop", id));
  return command;
}

v1::Command SettlePayout(std::string_view id) {
  v1::Command command;
  command.mutable_settle_payout()->set_name(PayoutName("shop", id));
  return command;
}

v1::Command FailPayout(std::string_view id) {
  v1::Command command;
  command.mutable_fail_payout()->set_name(PayoutName("shop", id));
  return command;
}

v1::Command ReturnPayout(std::string_view id) {
  v1::Command command;
  command.mutable_return_payout()->set_name(PayoutName("shop", id));
  return command;
}

v1::Command CommitRecord(std::string_view party_id, std::string_view record_id, char commitment) {
  v1::Command command;
  v1::CommitRecordRequest& request = *command.mutable_commit_record();
  request.set_parent(PartyName("shop", party_id));
  request.set_record_id(std::string(record_id));
  request.set_kind(v1::RECORD_KIND_NAME);
  request.set_commitment(std::string(32, commitment));
  return command;
}

v1::Command EraseSubject(std::string_view party_id) {
  v1::Command command;
  command.mutable_erase_subject()->set_name(PartyName("shop", party_id));
  command.mutable_erase_subject()->set_cause(v1::ERASURE_CAUSE_REQUEST);
  return command;
}

v1::Command RotateKey(std::string_view verifier_key) {
  v1::Command command;
  command.mutable_rotate_signing_key()->set_verifier_key(std::string(verifier_key));
  command.mutable_rotate_signing_key()->set_handover("from the key before");
  return command;
}

v1::Command PlaceHold(std::string_view party_id, std::string_view hold_id) {
  v1::Command command;
  v1::PlaceLegalHoldRequest& request = *command.mutable_place_legal_hold();
  request.set_name(PartyName("shop", party_id));
  request.set_legal_hold_id(std::string(hold_id));
  request.mutable_legal_hold()->set_reference("case 7");
  return command;
}

v1::Command PlaceHold(std::string_view party_id, std::string_view hold_id, base::Time end) {
  v1::Command command = PlaceHold(party_id, hold_id);
  google::protobuf::Timestamp& time = *command.mutable_place_legal_hold()->mutable_legal_hold()->mutable_end_time();
  time.set_seconds(end.ns / base::kNsPerSecond);
  time.set_nanos(static_cast<std::int32_t>(end.ns % base::kNsPerSecond));
  return command;
}

v1::Command ReleaseHold(std::string_view party_id, std::string_view hold_id) {
  v1::Command command;
  command.mutable_release_legal_hold()->set_name(PartyName("shop", party_id));
  command.mutable_release_legal_hold()->set_legal_hold_id(std::string(hold_id));
  return command;
}

v1::Command With(v1::Command command, std::string_view field, std::string_view value) {
  google::protobuf::Message* payload = PayloadOf(command);
  const auto* descriptor = payload->GetDescriptor()->FindFieldByName(std::string(field));
  payload->GetReflection()->SetString(payload, descriptor, std::string(value));
  return command;
}

v1::Command DryRun(v1::Command command) {
  google::protobuf::Message* payload = PayloadOf(command);
  payload->GetReflection()->SetBool(payload, payload->GetDescriptor()->FindFieldByName("validate_only"), true);
  return command;
}

}  // namespace escrow::core::test
