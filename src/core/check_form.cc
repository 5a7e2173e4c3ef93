#include "core/decide.h"
#include "core/limits.h"
#include "core/names.h"
#include "core/validate.h"

namespace escrow::core {
namespace {

Check Invalid(std::string_view field) { return Refuse(v1::REASON_INVALID_FIELD, {{"field", std::string(field)}}); }
Check Missing(std::string_view field) { return Refuse(v1::REASON_MISSING_FIELD, {{"field", std::string(field)}}); }

Check CheckId(std::string_view id, std::string_view field) {
  return ValidId(id) ? Check{} : Refuse(v1::REASON_INVALID_NAME, {{"field", std::string(field)}});
}

Check CheckPartyName(std::string_view name, std::string_view field) {
  return name.empty() || ParsePartyName(name) ? Check{}
                                              : Refuse(v1::REASON_INVALID_NAME, {{"field", std::string(field)}});
}

Check CheckReference(std::string_view text, std::string_view field, std::size_t bytes_max) {
  return text.empty() || ValidReference(text, bytes_max) ? Check{} : Invalid(field);
}

Check CheckPrincipal(const v1::Principal& principal) {
  const bool platform = !principal.platform().empty();
  const bool party = !principal.party().empty();
  switch (principal.kind()) {
    case v1::Principal::KIND_OPERATOR:
      if (platform || party) {
        return Invalid("credential.principal");
      }
      break;
    case v1::Principal::KIND_PLATFORM:
      if (!platform || party) {
        return Invalid("credential.principal");
      }
      break;
    case v1::Principal::KIND_PARTY:
      if (!party || platform) {
        return Invalid("credential.principal");
      }
      break;
    case v1::Principal::KIND_AUDITOR:
      if (party) {
        return Invalid("credential.principal");
      }
      break;
    default:
      return Invalid("credential.principal.kind");
  }
  if (platform && !ParsePlatformName(principal.platform())) {
    return Refuse(v1::REASON_INVALID_NAME, {{"field", "credential.principal.platform"}});
  }
  return CheckPartyName(principal.party(), "credential.principal.party");
}

Check CheckPayoutSource(const v1::Payout& payout) {
  switch (payout.source()) {
    case v1::ACCOUNT_KIND_PAYABLE:
    case v1::ACCOUNT_KIND_REFUNDABLE:
      return payout.party().empty() ? Missing("payout.party") : CheckPartyName(payout.party(), "payout.party");
    case v1::ACCOUNT_KIND_PLATFORM_FEES:
    case v1::ACCOUNT_KIND_OPERATOR_FEES:
      return payout.party().empty() ? Check{} : Invalid("payout.party");
    default:
      return Invalid("payout.source");
  }
}

// A part of what is held: nothing, or a positive amount; its currency is checked against the agreement.
template <class Request>
Check CheckPart(const Request& request) {
  ESCROW_RETURN_IF_REFUSED(CheckId(request.milestone_id(), "milestone_id"));
  ESCROW_RETURN_IF_REFUSED(CheckPartyName(request.party(), "party"));
  return request.has_amount() ? CheckAmount(request.amount(), "amount") : Check{};
}

struct FormChecker {
  Check operator()(const v1::CreatePlatformRequest& request) const {
    ESCROW_RETURN_IF_REFUSED(CheckId(request.platform_id(), "platform_id"));
    const v1::Platform& platform = request.platform();
    if (!v1::Platform::RailAccess_IsValid(platform.rail_access())) {
      return Invalid("platform.rail_access");
    }
    if (platform.has_initial_clock_time()) {
      if (!platform.sandbox()) {
        return Refuse(v1::REASON_NOT_A_SANDBOX, {{"field", "platform.initial_clock_time"}});
      }
      base::Time unused;
      return ReadTime(platform.initial_clock_time(), "platform.initial_clock_time", unused);
    }
    return {};
  }
  Check operator()(const v1::CreatePartyRequest& request) const {
    ESCROW_RETURN_IF_REFUSED(CheckId(request.party_id(), "party_id"));
    return CheckReference(request.party().external_reference(), "party.external_reference", kExternalReferenceBytesMax);
  }
  Check operator()(const v1::CreateCredentialRequest& request) const {
    ESCROW_RETURN_IF_REFUSED(CheckId(request.credential_id(), "credential_id"));
    const v1::Credential& credential = request.credential();
    switch (credential.proof_case()) {
      case v1::Credential::kApiKeySha256:
        if (credential.api_key_sha256().size() != 32) {
          return Invalid("credential.api_key_sha256");
        }
        break;
      case v1::Credential::kCertificateSha256:
        if (credential.certificate_sha256().size() != 32) {
          return Invalid("credential.certificate_sha256");
        }
        break;
      case v1::Credential::PROOF_NOT_SET:
        return Missing("credential.proof");
    }
    return CheckPrincipal(credential.principal());
  }
  Check operator()(const v1::RevokeCredentialRequest&) const { return {}; }
  Check operator()(const v1::AdvanceClockRequest& request) const {
    if (!request.has_clock_time()) {
      return Missing("clock_time");
    }
    base::Time unused;
    return ReadTime(request.clock_time(), "clock_time", unused);
  }
  Check operator()(const v1::CreateAgreementRequest& request) const {
    return CheckId(request.agreement_id(), "agreement_id");
  }
  Check operator()(const v1::AcceptAgreementRequest& request) const { return CheckPartyName(request.party(), "party"); }
  Check operator()(const v1::CancelAgreementRequest& request) const {
    if (static_cast<std::size_t>(request.parties_size()) > kParticipantsMax) {
      return Refuse(v1::REASON_TOO_MANY_ITEMS, {{"field", "parties"}, {"max", std::to_string(kParticipantsMax)}});
    }
    for (const std::string& party : request.parties()) {
      if (!ParsePartyName(party)) {
        return Refuse(v1::REASON_INVALID_NAME, {{"field", "parties"}});
      }
    }
    return {};
  }
  Check operator()(const v1::RecordDepositRequest& request) const {
    if (request.deposit_id().empty()) {
      return Missing("deposit_id");
    }
    if (!ValidReference(request.deposit_id(), kBankReferenceBytesMax)) {
      return Invalid("deposit_id");
    }
    if (!v1::PaymentMethod_IsValid(request.payment_method())) {
      return Invalid("payment_method");
    }
    return CheckAmount(request.amount(), "amount");
  }
  Check operator()(const v1::ConfirmMilestoneRequest& request) const {
    ESCROW_RETURN_IF_REFUSED(CheckId(request.milestone_id(), "milestone_id"));
    ESCROW_RETURN_IF_REFUSED(CheckPartyName(request.party(), "party"));
    if (request.kind() == v1::CONFIRMATION_KIND_UNSPECIFIED) {
      return Missing("kind");
    }
    if (!v1::ConfirmationKind_IsValid(request.kind())) {
      return Invalid("kind");
    }
    if (!v1::Role_IsValid(request.role())) {
      return Invalid("role");
    }
    if (static_cast<std::size_t>(request.evidence_size()) > kEvidenceMax) {
      return Refuse(v1::REASON_TOO_MANY_ITEMS, {{"field", "evidence"}, {"max", std::to_string(kEvidenceMax)}});
    }
    for (const v1::Evidence& evidence : request.evidence()) {
      if (!v1::EvidenceKind_IsValid(evidence.kind()) || evidence.kind() == v1::EVIDENCE_KIND_UNSPECIFIED ||
          evidence.sha256().size() != 32) {
        return Invalid("evidence");
      }
    }
    base::Time unused;
    return request.has_occur_time() ? ReadTime(request.occur_time(), "occur_time", unused) : Check{};
  }
  Check operator()(const v1::ReleaseMilestoneRequest& request) const { return CheckPart(request); }
  Check operator()(const v1::RefundMilestoneRequest& request) const { return CheckPart(request); }
  Check operator()(const v1::RequestPayoutRequest& request) const {
    ESCROW_RETURN_IF_REFUSED(CheckId(request.payout_id(), "payout_id"));
    if (request.payout_id().starts_with("auto-")) {  // the engine's own names
      return Refuse(v1::REASON_INVALID_NAME, {{"field", "payout_id"}});
    }
    ESCROW_RETURN_IF_REFUSED(CheckPayoutSource(request.payout()));
    return CheckAmount(request.payout().amount(), "payout.amount");
  }
  Check operator()(const v1::CommitRecordRequest& request) const {
    ESCROW_RETURN_IF_REFUSED(CheckId(request.record_id(), "record_id"));
    if (!v1::RecordKind_IsValid(request.kind()) || request.kind() == v1::RECORD_KIND_UNSPECIFIED) {
      return Invalid("kind");
    }
    return request.commitment().size() == kCommitmentBytes ? Check{} : Invalid("commitment");
  }
  Check operator()(const v1::EraseSubjectRequest& request) const {
    const bool known = v1::ErasureCause_IsValid(request.cause()) && request.cause() != v1::ERASURE_CAUSE_UNSPECIFIED;
    return known ? Check{} : Invalid("cause");
  }
  Check operator()(const v1::PlaceLegalHoldRequest& request) const {
    ESCROW_RETURN_IF_REFUSED(CheckId(request.legal_hold_id(), "legal_hold_id"));
    if (!ValidReference(request.legal_hold().reference(), kHoldReferenceBytesMax)) {
      return Invalid("legal_hold.reference");
    }
    base::Time unused;
    return request.legal_hold().has_end_time()
               ? ReadTime(request.legal_hold().end_time(), "legal_hold.end_time", unused)
               : Check{};
  }
  Check operator()(const v1::ReleaseLegalHoldRequest& request) const {
    return CheckId(request.legal_hold_id(), "legal_hold_id");
  }
  Check operator()(const v1::RotateSigningKeyRequest& request) const {
    if (!ValidReference(request.verifier_key(), kVerifierKeyBytesMax)) {
      return Invalid("verifier_key");
    }
    return request.handover().empty() || request.handover().size() > kHandoverBytesMax ? Invalid("handover") : Check{};
  }
  template <class PayoutRequest>
  Check operator()(const PayoutRequest& request) const {
    return CheckReference(request.rail_reference(), "rail_reference", kBankReferenceBytesMax);
  }
};

}  // namespace

Check CheckForm(const v1::Command& command) {
  if (command.ByteSizeLong() > kCommandBytesMax) {
    return Refuse(v1::REASON_MESSAGE_TOO_LARGE, {{"max", std::to_string(kCommandBytesMax)}});
  }
  return VisitPayload(command, FormChecker{});
}

Check Decide(const Situation& situation, const v1::Command& command, v1::Event& event) {
  return VisitPayload(command, [&](const auto& request) { return Decide(situation, request, event); });
}

}  // namespace escrow::core
