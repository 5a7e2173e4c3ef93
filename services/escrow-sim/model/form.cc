#include "model/form.h"

#include "base/assert.h"
#include "base/currency.h"
#include "model/names.h"

namespace escrow::model {
namespace {

constexpr std::int64_t kAmountMax = 1'000'000'000'000'000;
constexpr std::size_t kCommandBytesMax = 32'768;

bool IsPartyOrNothing(const std::string& name) { return name.empty() || ReadName(name, "parties"); }

v1::Reason Check(const v1::CreatePlatformRequest& request) {
  if (!IsId(request.platform_id())) {
    return v1::REASON_INVALID_NAME;
  }
  if (!v1::Platform::RailAccess_IsValid(request.platform().rail_access())) {
    return v1::REASON_INVALID_FIELD;
  }
  if (request.platform().has_initial_clock_time()) {
    if (!request.platform().sandbox()) {
      return v1::REASON_NOT_A_SANDBOX;
    }
    if (!IsTime(request.platform().initial_clock_time())) {
      return v1::REASON_INVALID_FIELD;
    }
  }
  return v1::REASON_UNSPECIFIED;
}

v1::Reason Check(const v1::RotateSigningKeyRequest& request) {
  const bool handover = !request.handover().empty() && request.handover().size() <= 4'096;
  return IsReference(request.verifier_key(), 512) && handover ? v1::REASON_UNSPECIFIED : v1::REASON_INVALID_FIELD;
}

v1::Reason Check(const v1::CreatePartyRequest& request) {
  if (!IsId(request.party_id())) {
    return v1::REASON_INVALID_NAME;
  }
  const std::string& reference = request.party().external_reference();
  return reference.empty() || IsReference(reference, 128) ? v1::REASON_UNSPECIFIED : v1::REASON_INVALID_FIELD;
}

// "platform: required for PLATFORM, optional for AUDITOR, empty otherwise; party: PARTY only" (platform.proto)
v1::Reason Check(const v1::Principal& principal) {
  const bool platform = !principal.platform().empty();
  const bool party = !principal.party().empty();
  bool right = false;
  if (principal.kind() == v1::Principal::KIND_OPERATOR) {
    right = !platform && !party;
  } else if (principal.kind() == v1::Principal::KIND_PLATFORM) {
    right = platform && !party;
  } else if (principal.kind() == v1::Principal::KIND_PARTY) {
    right = !platform && party;
  } else if (principal.kind() == v1::Principal::KIND_AUDITOR) {
    right = !party;
  }
  if (!right) {
    return v1::REASON_INVALID_FIELD;
  }
  const bool named =
      (!platform || ReadTopName(principal.platform(), "platforms")) && IsPartyOrNothing(principal.party());
  return named ? v1::REASON_UNSPECIFIED : v1::REASON_INVALID_NAME;
}

v1::Reason Check(const v1::CreateCredentialRequest& request) {
  if (!IsId(request.credential_id())) {
    return v1::REASON_INVALID_NAME;
  }
  const v1::Credential& credential = request.credential();
  if (credential.proof_case() == v1::Credential::PROOF_NOT_SET) {
    return v1::REASON_MISSING_FIELD;
  }
  const std::string& proof =
      credential.has_api_key_sha256() ? credential.api_key_sha256() : credential.certificate_sha256();
  return proof.size() == 32 ? Check(credential.principal()) : v1::REASON_INVALID_FIELD;
}

v1::Reason Check(const v1::AdvanceClockRequest& request) {
  if (!request.has_clock_time()) {
    return v1::REASON_MISSING_FIELD;
  }
  return IsTime(request.clock_time()) ? v1::REASON_UNSPECIFIED : v1::REASON_INVALID_FIELD;
}

v1::Reason Check(const v1::CancelAgreementRequest& request) {
  if (request.parties_size() > 32) {
    return v1::REASON_TOO_MANY_ITEMS;
  }
  for (const std::string& party : request.parties()) {
    if (!ReadName(party, "parties")) {
      return v1::REASON_INVALID_NAME;
    }
  }
  return v1::REASON_UNSPECIFIED;
}

v1::Reason Check(const v1::RecordDepositRequest& request) {
  if (request.deposit_id().empty()) {
    return v1::REASON_MISSING_FIELD;
  }
  if (!IsReference(request.deposit_id(), 64) || !v1::PaymentMethod_IsValid(request.payment_method())) {
    return v1::REASON_INVALID_FIELD;
  }
  return CheckAmount(request.amount());
}

v1::Reason Check(const v1::ConfirmMilestoneRequest& request) {
  if (!IsId(request.milestone_id()) || !IsPartyOrNothing(request.party())) {
    return v1::REASON_INVALID_NAME;
  }
  if (request.kind() == v1::CONFIRMATION_KIND_UNSPECIFIED) {
    return v1::REASON_MISSING_FIELD;
  }
  if (!v1::ConfirmationKind_IsValid(request.kind()) || !v1::Role_IsValid(request.role())) {
    return v1::REASON_INVALID_FIELD;
  }
  if (request.evidence_size() > 16) {
    return v1::REASON_TOO_MANY_ITEMS;
  }
  for (const v1::Evidence& evidence : request.evidence()) {
    const bool known = v1::EvidenceKind_IsValid(evidence.kind()) && evidence.kind() != 0;
    if (!known || evidence.sha256().size() != 32) {
      return v1::REASON_INVALID_FIELD;
    }
  }
  return !request.has_occur_time() || IsTime(request.occur_time()) ? v1::REASON_UNSPECIFIED : v1::REASON_INVALID_FIELD;
}

// ReleaseMilestone and RefundMilestone.
template <class Request>
v1::Reason CheckPart(const Request& request) {
  if (!IsId(request.milestone_id()) || !IsPartyOrNothing(request.party())) {
    return v1::REASON_INVALID_NAME;
  }
  return request.has_amount() ? CheckAmount(request.amount()) : v1::REASON_UNSPECIFIED;
}

v1::Reason Check(const v1::RequestPayoutRequest& request) {
  if (!IsId(request.payout_id()) || request.payout_id().rfind("auto-", 0) == 0) {
    return v1::REASON_INVALID_NAME;
  }
  const v1::Payout& payout = request.payout();
  const bool of_party = payout.source() == v1::ACCOUNT_KIND_PAYABLE || payout.source() == v1::ACCOUNT_KIND_REFUNDABLE;
  const bool of_fees =
      payout.source() == v1::ACCOUNT_KIND_PLATFORM_FEES || payout.source() == v1::ACCOUNT_KIND_OPERATOR_FEES;
  if (!of_party && !of_fees) {
    return v1::REASON_INVALID_FIELD;
  }
  if (of_party && payout.party().empty()) {
    return v1::REASON_MISSING_FIELD;
  }
  if (of_party && !ReadName(payout.party(), "parties")) {
    return v1::REASON_INVALID_NAME;
  }
  if (of_fees && !payout.party().empty()) {
    return v1::REASON_INVALID_FIELD;
  }
  return CheckAmount(payout.amount());
}

v1::Reason CheckRailReference(const std::string& reference) {
  return reference.empty() || IsReference(reference, 64) ? v1::REASON_UNSPECIFIED : v1::REASON_INVALID_FIELD;
}

v1::Reason Check(const v1::CommitRecordRequest& request) {
  if (!IsId(request.record_id())) {
    return v1::REASON_INVALID_NAME;
  }
  const bool known = request.kind() != 0 && v1::RecordKind_IsValid(request.kind());
  return known && request.commitment().size() == 32 ? v1::REASON_UNSPECIFIED : v1::REASON_INVALID_FIELD;
}

v1::Reason Check(const v1::EraseSubjectRequest& request) {
  const bool known = request.cause() != 0 && v1::ErasureCause_IsValid(request.cause());
  return known ? v1::REASON_UNSPECIFIED : v1::REASON_INVALID_FIELD;
}

v1::Reason Check(const v1::PlaceLegalHoldRequest& request) {
  if (!IsId(request.legal_hold_id())) {
    return v1::REASON_INVALID_NAME;
  }
  const v1::LegalHold& hold = request.legal_hold();
  const bool right = IsReference(hold.reference(), 64) && (!hold.has_end_time() || IsTime(hold.end_time()));
  return right ? v1::REASON_UNSPECIFIED : v1::REASON_INVALID_FIELD;
}

}  // namespace

bool IsTime(const google::protobuf::Timestamp& time) {
  const Wide nanos = Wide{time.seconds()} * 1'000'000'000 + time.nanos();
  return time.nanos() >= 0 && time.nanos() < 1'000'000'000 && nanos > 0 && time.seconds() < 9'223'372'036;
}

Nanos ToNanos(const google::protobuf::Timestamp& time) { return time.seconds() * 1'000'000'000 + time.nanos(); }

v1::Reason CheckAmount(const v1::Amount& amount) {
  if (!base::Currency::FromCode(amount.currency_code())) {
    return v1::REASON_UNKNOWN_CURRENCY;
  }
  const bool in_range = amount.minor_units() >= 1 && amount.minor_units() <= kAmountMax;
  return in_range ? v1::REASON_UNSPECIFIED : v1::REASON_AMOUNT_OUT_OF_RANGE;
}

v1::Reason CheckAmountIn(const v1::Amount& amount, const std::string& currency) {
  const v1::Reason wrong = CheckAmount(amount);
  if (wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  return amount.currency_code() == currency ? v1::REASON_UNSPECIFIED : v1::REASON_CURRENCY_MISMATCH;
}

v1::Reason CheckForm(const v1::Command& command) {
  if (command.ByteSizeLong() > kCommandBytesMax) {
    return v1::REASON_MESSAGE_TOO_LARGE;
  }
  switch (command.payload_case()) {
    case v1::Command::kCreatePlatform:
      return Check(command.create_platform());
    case v1::Command::kCreateParty:
      return Check(command.create_party());
    case v1::Command::kCreateCredential:
      return Check(command.create_credential());
    case v1::Command::kRevokeCredential:
      return v1::REASON_UNSPECIFIED;
    case v1::Command::kAdvanceClock:
      return Check(command.advance_clock());
    case v1::Command::kCreateAgreement:
      return IsId(command.create_agreement().agreement_id()) ? v1::REASON_UNSPECIFIED : v1::REASON_INVALID_NAME;
    case v1::Command::kAcceptAgreement:
      return IsPartyOrNothing(command.accept_agreement().party()) ? v1::REASON_UNSPECIFIED : v1::REASON_INVALID_NAME;
    case v1::Command::kCancelAgreement:
      return Check(command.cancel_agreement());
    case v1::Command::kRecordDeposit:
      return Check(command.record_deposit());
    case v1::Command::kConfirmMilestone:
      return Check(command.confirm_milestone());
    case v1::Command::kReleaseMilestone:
      return CheckPart(command.release_milestone());
    case v1::Command::kRefundMilestone:
      return CheckPart(command.refund_milestone());
    case v1::Command::kRequestPayout:
      return Check(command.request_payout());
    case v1::Command::kSendPayout:
      return CheckRailReference(command.send_payout().rail_reference());
    case v1::Command::kSettlePayout:
      return CheckRailReference(command.settle_payout().rail_reference());
    case v1::Command::kFailPayout:
      return CheckRailReference(command.fail_payout().rail_reference());
    case v1::Command::kReturnPayout:
      return CheckRailReference(command.return_payout().rail_reference());
    case v1::Command::kCommitRecord:
      return Check(command.commit_record());
    case v1::Command::kEraseSubject:
      return Check(command.erase_subject());
    case v1::Command::kPlaceLegalHold:
      return Check(command.place_legal_hold());
    case v1::Command::kReleaseLegalHold:
      return IsId(command.release_legal_hold().legal_hold_id()) ? v1::REASON_UNSPECIFIED : v1::REASON_INVALID_NAME;
    case v1::Command::kRotateSigningKey:
      return Check(command.rotate_signing_key());
    case v1::Command::PAYLOAD_NOT_SET:
      break;
  }
  return v1::REASON_EMPTY_COMMAND;
}

void CollectRequirements(const v1::Condition& condition, std::vector<const v1::Requirement*>& asked) {
  for (const v1::Condition& child : condition.all_of().conditions()) {
    CollectRequirements(child, asked);
  }
  for (const v1::Condition& child : condition.any_of().conditions()) {
    CollectRequirements(child, asked);
  }
  for (const v1::Condition& child : condition.at_least().conditions()) {
    CollectRequirements(child, asked);
  }
  if (condition.has_confirmation()) {
    asked.push_back(&condition.confirmation());
  }
}

}  // namespace escrow::model
