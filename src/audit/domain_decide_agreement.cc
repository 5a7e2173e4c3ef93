// Agreements: create, accept, cancel; confirmations; release and refund by will.

#include <algorithm>
#include <set>

#include "audit/domain_agreement.h"
#include "audit/domain_decisions.h"
#include "audit/domain_moves.h"
#include "audit/domain_reactions.h"

namespace escrow::audit {
namespace {

constexpr int kParticipantsMax = 32;
constexpr int kEvidenceMax = 16;

Complaint CheckAgreementState(const Occasion& occasion) {
  return CheckTransition(occasion, "Agreement", v1::Agreement::State_Name(occasion.agreement->state));
}

// Buyer and sellers accept and cancel.
bool HasAVoice(const AgreementNow& agreement, const std::string& party_id) {
  return HasRole(agreement, party_id, v1::ROLE_BUYER) || HasRole(agreement, party_id, v1::ROLE_SELLER);
}

// The milestone and the amount of a release or refund by will.
template <class Request>
Complaint FindPart(const Occasion& occasion, const Request& request, std::size_t& index, std::int64_t& amount) {
  const AgreementNow& agreement = *occasion.agreement;
  index = PositionOf(agreement, request.milestone_id());
  if (index == agreement.milestones.size()) {
    return "the agreement has no milestone '" + request.milestone_id() + "'";
  }
  const MilestoneNow& milestone = agreement.milestones[index];
  if (Complaint wrong = CheckTransition(occasion, "Milestone", v1::Milestone::State_Name(milestone.state))) {
    return wrong;
  }
  amount = milestone.held;
  if (!request.has_amount()) {
    return {};
  }
  if (!IsAmountIn(agreement.currency, request.amount()) || request.amount().minor_units() > milestone.held) {
    return "the amount is not a part of the " + std::to_string(milestone.held) + " that the milestone holds";
  }
  amount = request.amount().minor_units();
  return {};
}

// Whether the evidence is there that the requirements ask for.
Complaint CheckEvidence(const v1::ConfirmMilestoneRequest& request, std::set<int> asked) {
  if (request.evidence_size() > kEvidenceMax) {
    return "the confirmation carries more than 16 pieces of evidence";
  }
  for (const v1::Evidence& evidence : request.evidence()) {
    if (!v1::EvidenceKind_IsValid(evidence.kind()) || evidence.kind() == v1::EVIDENCE_KIND_UNSPECIFIED ||
        evidence.sha256().size() != 32) {
      return "a piece of evidence has no kind or no SHA-256";
    }
    asked.erase(evidence.kind());
  }
  return asked.empty() ? Complaint() : "the confirmation lacks evidence that its requirement asks for";
}

// The role in which the party confirms, and the evidence that is asked for: the first requirement of this kind that the
// party may meet decides. Wrong: none does, or all of them are met.
Complaint FindRole(const v1::ConfirmMilestoneRequest& request, const AgreementNow& agreement,
                   const MilestoneNow& milestone, const std::string& party_id, v1::Role& role,
                   std::set<int>& evidence) {
  bool unmet = false;
  for (std::size_t i = 0; i < milestone.requirements.size(); ++i) {
    const v1::Requirement& requirement = *milestone.requirements[i];
    const bool asked = requirement.kind() == request.kind() &&
                       (request.role() == v1::ROLE_UNSPECIFIED || request.role() == requirement.role()) &&
                       HasRole(agreement, party_id, requirement.role());
    if (!asked || (role != v1::ROLE_UNSPECIFIED && role != requirement.role())) {
      continue;
    }
    role = requirement.role();
    if (milestone.met_by[i] == 0) {
      unmet = true;
      evidence.insert(requirement.evidence().begin(), requirement.evidence().end());
    }
  }
  if (role == v1::ROLE_UNSPECIFIED) {
    return "no requirement of the milestone asks party " + party_id + " for this confirmation";
  }
  return unmet ? Complaint() : "the confirmation was given before";
}

}  // namespace

Complaint Decide(const Occasion& occasion, const v1::CreateAgreementRequest& request, v1::Event& event) {
  const std::string& platform_id = occasion.target.platform_id;
  if (!IsId(request.agreement_id()) ||
      Find(occasion.world.agreements, KeyOf(platform_id, request.agreement_id())) != nullptr) {
    return "agreement id '" + request.agreement_id() + "' is no id, or exists";
  }
  event.set_agreement_id(request.agreement_id());
  return FillCreated(request.agreement(), platform_id, occasion.world, *event.mutable_agreement_created());
}

Complaint Decide(const Occasion& occasion, const v1::AcceptAgreementRequest& request, v1::Event& event) {
  if (Complaint wrong = CheckAgreementState(occasion)) {
    return wrong;
  }
  std::string party_id;
  if (Complaint wrong = FindActingParty(occasion.actor, request.party(), *occasion.agreement, party_id)) {
    return wrong;
  }
  if (!HasAVoice(*occasion.agreement, party_id) || occasion.agreement->accepted.contains(party_id)) {
    return "party " + party_id + " is neither buyer nor seller, or has accepted before";
  }
  event.mutable_agreement_accepted()->set_party_id(party_id);
  return {};
}

Complaint Decide(const Occasion& occasion, const v1::CancelAgreementRequest& request, v1::Event& event) {
  if (Complaint wrong = CheckAgreementState(occasion)) {
    return wrong;
  }
  if (request.parties_size() > kParticipantsMax) {
    return "more than 32 parties consent";
  }
  std::vector<std::string> names(request.parties().begin(), request.parties().end());
  if (names.empty()) {
    names.emplace_back();  // the caller himself
  }
  bool fresh = false;
  for (const std::string& name : names) {
    std::string party_id;
    if (Complaint wrong = FindActingParty(occasion.actor, name, *occasion.agreement, party_id)) {
      return wrong;
    }
    if (!HasAVoice(*occasion.agreement, party_id)) {
      return "party " + party_id + " is neither buyer nor seller";
    }
    fresh = fresh || !occasion.agreement->consented.contains(party_id);
    event.mutable_cancellation_consented()->add_party_ids(party_id);
  }
  return fresh ? Complaint() : "everybody named has consented before";
}

Complaint Decide(const Occasion& occasion, const v1::ConfirmMilestoneRequest& request, v1::Event& event) {
  const AgreementNow& agreement = *occasion.agreement;
  if (Complaint wrong = CheckAgreementState(occasion)) {
    return wrong;
  }
  const std::size_t index = PositionOf(agreement, request.milestone_id());
  if (index == agreement.milestones.size()) {
    return "the agreement has no milestone '" + request.milestone_id() + "'";
  }
  const MilestoneNow& milestone = agreement.milestones[index];
  // The one exception to the table: a policy lets confirmations come before the money.
  const bool early = milestone.state == v1::Milestone::STATE_PENDING &&
                     agreement.policies.early_confirmation() == v1::Policies::EARLY_CONFIRMATION_RECORD;
  if (!early) {
    if (Complaint wrong = CheckTransition(occasion, "Milestone", v1::Milestone::State_Name(milestone.state))) {
      return wrong;
    }
  }
  if (!IsOpen(agreement, index)) {
    return "a milestone that this one waits for has not ended";
  }
  std::string party_id;
  if (Complaint wrong = FindActingParty(occasion.actor, request.party(), agreement, party_id)) {
    return wrong;
  }
  v1::Role role = v1::ROLE_UNSPECIFIED;
  std::set<int> evidence;
  if (Complaint wrong = FindRole(request, agreement, milestone, party_id, role, evidence)) {
    return wrong;
  }
  if (Complaint wrong = CheckEvidence(request, std::move(evidence))) {
    return wrong;
  }
  if (request.has_occur_time() && (!IsTime(request.occur_time()) || NanosOf(request.occur_time()) > occasion.now)) {
    return "occur_time is no time, or after the confirmation";
  }
  v1::ConfirmationRecorded& fact = *event.mutable_confirmation_recorded();
  fact.set_milestone_index(static_cast<std::uint32_t>(index));
  fact.set_party_id(party_id);
  fact.set_role(role);
  return {};
}

Complaint Decide(const Occasion& occasion, const v1::ReleaseMilestoneRequest& request, v1::Event& event) {
  const AgreementNow& agreement = *occasion.agreement;
  if (Complaint wrong = CheckAgreementState(occasion)) {
    return wrong;
  }
  std::string party_id;
  if (Complaint wrong = FindActingParty(occasion.actor, request.party(), agreement, party_id)) {
    return wrong;
  }
  if (!HasRole(agreement, party_id, v1::ROLE_BUYER)) {
    return "party " + party_id + " released by will and is not the buyer";
  }
  std::size_t index = 0;
  std::int64_t amount = 0;
  if (Complaint wrong = FindPart(occasion, request, index, amount)) {
    return wrong;
  }
  if (amount < agreement.milestones[index].held &&
      agreement.policies.partial_release() == v1::Policies::PARTIAL_RELEASE_FORBID) {
    return "a part was released although the agreement forbids it";
  }
  FillRelease(agreement, index, amount, v1::MOVE_CAUSE_BUYER_WILL, event);
  return {};
}

Complaint Decide(const Occasion& occasion, const v1::RefundMilestoneRequest& request, v1::Event& event) {
  const AgreementNow& agreement = *occasion.agreement;
  if (Complaint wrong = CheckAgreementState(occasion)) {
    return wrong;
  }
  std::string party_id;
  if (Complaint wrong = FindActingParty(occasion.actor, request.party(), agreement, party_id)) {
    return wrong;
  }
  const auto sellers = std::ranges::count(agreement.terms->participants(), v1::ROLE_SELLER, &v1::Participant::role);
  if (!HasRole(agreement, party_id, v1::ROLE_SELLER) || sellers != 1) {
    return "party " + party_id + " refunded by will and is not the only seller";
  }
  std::size_t index = 0;
  std::int64_t amount = 0;
  if (Complaint wrong = FindPart(occasion, request, index, amount)) {
    return wrong;
  }
  FillRefund(agreement, index, amount, v1::MOVE_CAUSE_SELLER_WILL, event);
  return {};
}

}  // namespace escrow::audit
