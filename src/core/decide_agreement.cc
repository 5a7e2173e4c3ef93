// Agreements: create, accept, cancel; confirmations; release and refund by will.

#include <algorithm>

#include "base/mutant.h"
#include "core/decide.h"
#include "core/moves.h"
#include "core/names.h"
#include "core/rules.h"
#include "core/validate.h"

namespace escrow::core {
namespace {

Check InAgreementState(const Agreement& agreement, v1::Command::PayloadCase command) {
  const v1::Reason reason = ReasonIn("Agreement", agreement.state, command);
  if (reason == v1::REASON_UNSPECIFIED) {
    return {};
  }
  return Refuse(reason, {{"agreement", agreement.id}, {"state", v1::Agreement::State_Name(agreement.state)}});
}

Check InMilestoneState(const Milestone& milestone, std::string_view milestone_id, v1::Command::PayloadCase command) {
  const v1::Reason reason = ReasonIn("Milestone", milestone.state, command);
  if (reason == v1::REASON_UNSPECIFIED) {
    return {};
  }
  return Refuse(reason,
                {{"milestone_id", std::string(milestone_id)}, {"state", v1::Milestone::State_Name(milestone.state)}});
}

Check NotParticipant(const std::string& party, v1::Role role) {
  return Refuse(v1::REASON_PARTY_NOT_PARTICIPANT, {{"party", party}, {"role", v1::Role_Name(role)}});
}

// Bits of the participants that are this party in the role of buyer or seller.
std::uint32_t ConsentBits(const Agreement& agreement, PartySlot party) {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < agreement.participants.size(); ++i) {
    const Participant& participant = agreement.participants[i];
    if (participant.party == party && participant.role <= v1::ROLE_SELLER) {
      bits |= 1U << i;
    }
  }
  return bits;
}

// The milestone that a release or refund is about, and how much of it. `amount` is set to the part or to all that is
// held.
template <class Request>
Check FindPart(const Situation& situation, const Request& request, v1::Command::PayloadCase command, std::size_t& index,
               std::int64_t& amount) {
  const Agreement& agreement = situation.state.agreement(*situation.agreement);
  ESCROW_RETURN_IF_REFUSED(InAgreementState(agreement, command));
  const auto found = FindMilestone(situation.state.terms(agreement.terms), request.milestone_id());
  if (!found) {
    return Refuse(v1::REASON_UNKNOWN_MILESTONE, {{"milestone_id", request.milestone_id()}});
  }
  index = *found;
  const Milestone& milestone = agreement.milestones[index];
  amount = milestone.held;
  if (request.has_amount()) {
    ESCROW_RETURN_IF_REFUSED(CheckAmountIn(agreement.currency, request.amount(), "amount"));
    amount = request.amount().minor_units();
  }
  ESCROW_RETURN_IF_REFUSED(InMilestoneState(milestone, request.milestone_id(), command));
  if (amount > milestone.held && !ESCROW_MUTANT(RefundBeyondHeld)) {
    return Refuse(v1::REASON_INSUFFICIENT_FUNDS, {{"available", std::to_string(milestone.held)}});
  }
  return {};
}

}  // namespace

Check Decide(const Situation& situation, const v1::CreateAgreementRequest& request, v1::Event& event) {
  const State& state = situation.state;
  if (state.FindAgreement(*situation.platform, request.agreement_id())) {
    return Refuse(v1::REASON_AGREEMENT_EXISTS,
                  {{"agreement", AgreementName(state.platform(*situation.platform).id, request.agreement_id())}});
  }
  ESCROW_RETURN_IF_REFUSED(
      ValidateAgreement(state, *situation.platform, request.agreement(), *event.mutable_agreement_created()));
  event.set_agreement_id(request.agreement_id());
  return {};
}

Check Decide(const Situation& situation, const v1::AcceptAgreementRequest& request, v1::Event& event) {
  const Agreement& agreement = situation.state.agreement(*situation.agreement);
  PartySlot party{};
  ESCROW_RETURN_IF_REFUSED(ActingParty(situation, request.party(), "party", party));
  const std::uint32_t bits = ConsentBits(agreement, party);
  if (bits == 0) {
    return NotParticipant(request.party(), v1::ROLE_BUYER);
  }
  ESCROW_RETURN_IF_REFUSED(InAgreementState(agreement, v1::Command::kAcceptAgreement));
  if ((agreement.accepted_mask & bits) == bits) {
    return Refuse(v1::REASON_ALREADY_ACCEPTED, {{"party", situation.state.party(party).id}});
  }
  event.mutable_agreement_accepted()->set_party_id(situation.state.party(party).id);
  return {};
}

Check Decide(const Situation& situation, const v1::CancelAgreementRequest& request, v1::Event& event) {
  const Agreement& agreement = situation.state.agreement(*situation.agreement);
  std::vector<std::string> names(request.parties().begin(), request.parties().end());
  if (names.empty()) {
    names.emplace_back();  // a party's own credential; ActingParty refuses anybody else
  }
  std::uint32_t bits = 0;
  v1::CancellationConsented& fact = *event.mutable_cancellation_consented();
  for (const std::string& name : names) {
    PartySlot party{};
    ESCROW_RETURN_IF_REFUSED(ActingParty(situation, name, "parties", party));
    if (ConsentBits(agreement, party) == 0) {
      return NotParticipant(name, v1::ROLE_BUYER);
    }
    bits |= ConsentBits(agreement, party);
    fact.add_party_ids(situation.state.party(party).id);
  }
  ESCROW_RETURN_IF_REFUSED(InAgreementState(agreement, v1::Command::kCancelAgreement));
  if ((agreement.consented_mask & bits) == bits) {
    return Refuse(v1::REASON_ALREADY_CONSENTED, {{"agreement", request.name()}});
  }
  return {};
}

Check Decide(const Situation& situation, const v1::ConfirmMilestoneRequest& request, v1::Event& event) {
  const State& state = situation.state;
  const Agreement& agreement = state.agreement(*situation.agreement);
  const Terms& terms = state.terms(agreement.terms);
  PartySlot party{};
  ESCROW_RETURN_IF_REFUSED(ActingParty(situation, request.party(), "party", party));
  const auto index = FindMilestone(terms, request.milestone_id());
  if (!index) {
    return Refuse(v1::REASON_UNKNOWN_MILESTONE, {{"milestone_id", request.milestone_id()}});
  }
  const MilestoneTerms& milestone_terms = terms.milestones[*index];
  const Milestone& milestone = agreement.milestones[*index];

  // The first requirement of this kind that the party may meet decides the role.
  v1::Role role = v1::ROLE_UNSPECIFIED;
  bool unmet = false;
  std::uint32_t evidence_asked = 0;
  for (std::size_t i = 0; i < milestone_terms.requirements.size(); ++i) {
    const RequirementTerms& requirement = milestone_terms.requirements[i];
    const bool matches = requirement.kind == request.kind() &&
                         (request.role() == v1::ROLE_UNSPECIFIED || requirement.role == request.role()) &&
                         HasRole(agreement, party, requirement.role) &&
                         (role == v1::ROLE_UNSPECIFIED || role == requirement.role);
    if (!matches) {
      continue;
    }
    role = requirement.role;
    if ((milestone.met >> i & 1U) == 0) {
      unmet = true;
      evidence_asked |= requirement.evidence_mask;
    }
  }
  if (role == v1::ROLE_UNSPECIFIED) {
    return Refuse(v1::REASON_CONFIRMATION_NOT_ASKED, {{"milestone_id", request.milestone_id()},
                                                      {"kind", v1::ConfirmationKind_Name(request.kind())},
                                                      {"party", state.party(party).id}});
  }
  ESCROW_RETURN_IF_REFUSED(InAgreementState(agreement, v1::Command::kConfirmMilestone));
  const bool early = milestone.state == v1::Milestone::STATE_PENDING &&
                     terms.policies.early_confirmation == v1::Policies::EARLY_CONFIRMATION_RECORD;
  if (!early) {
    ESCROW_RETURN_IF_REFUSED(InMilestoneState(milestone, request.milestone_id(), v1::Command::kConfirmMilestone));
  }
  if (!IsOpen(terms, agreement, *index)) {
    return Refuse(v1::REASON_MILESTONE_NOT_OPEN, {{"milestone_id", request.milestone_id()}});
  }
  if (!unmet) {
    return Refuse(v1::REASON_ALREADY_CONFIRMED,
                  {{"milestone_id", request.milestone_id()}, {"kind", v1::ConfirmationKind_Name(request.kind())}});
  }
  for (const v1::Evidence& evidence : request.evidence()) {
    evidence_asked &= ~(1U << static_cast<unsigned>(evidence.kind()));
  }
  if (evidence_asked != 0) {
    const int missing = __builtin_ctz(evidence_asked);
    return Refuse(v1::REASON_EVIDENCE_MISSING,
                  {{"evidence", v1::EvidenceKind_Name(static_cast<v1::EvidenceKind>(missing))}});
  }
  if (request.has_occur_time()) {
    base::Time occurred;
    ESCROW_RETURN_IF_REFUSED(ReadTime(request.occur_time(), "occur_time", occurred));
    if (occurred > situation.now) {
      return Refuse(v1::REASON_TIME_IN_FUTURE, {{"field", "occur_time"}});
    }
  }
  v1::ConfirmationRecorded& fact = *event.mutable_confirmation_recorded();
  fact.set_milestone_index(static_cast<std::uint32_t>(*index));
  fact.set_party_id(state.party(party).id);
  fact.set_role(role);
  return {};
}

Check Decide(const Situation& situation, const v1::ReleaseMilestoneRequest& request, v1::Event& event) {
  const State& state = situation.state;
  const Agreement& agreement = state.agreement(*situation.agreement);
  PartySlot party{};
  ESCROW_RETURN_IF_REFUSED(ActingParty(situation, request.party(), "party", party));
  if (!HasRole(agreement, party, v1::ROLE_BUYER) && !ESCROW_MUTANT(RoleUnchecked)) {
    return NotParticipant(request.party(), v1::ROLE_BUYER);
  }
  std::size_t index = 0;
  std::int64_t amount = 0;
  ESCROW_RETURN_IF_REFUSED(FindPart(situation, request, v1::Command::kReleaseMilestone, index, amount));
  if (amount < agreement.milestones[index].held &&
      state.terms(agreement.terms).policies.partial_release == v1::Policies::PARTIAL_RELEASE_FORBID) {
    return Refuse(v1::REASON_PARTIAL_RELEASE_FORBIDDEN, {{"milestone_id", request.milestone_id()}});
  }
  FillRelease(state, agreement, index, amount, v1::MOVE_CAUSE_BUYER_WILL, event);
  return {};
}

Check Decide(const Situation& situation, const v1::RefundMilestoneRequest& request, v1::Event& event) {
  const State& state = situation.state;
  const Agreement& agreement = state.agreement(*situation.agreement);
  PartySlot party{};
  ESCROW_RETURN_IF_REFUSED(ActingParty(situation, request.party(), "party", party));
  if (!HasRole(agreement, party, v1::ROLE_SELLER)) {
    return NotParticipant(request.party(), v1::ROLE_SELLER);
  }
  if (std::ranges::count(agreement.participants, v1::ROLE_SELLER, &Participant::role) > 1) {
    return Refuse(v1::REASON_NOT_SOLE_SELLER, {{"party", state.party(party).id}});
  }
  std::size_t index = 0;
  std::int64_t amount = 0;
  ESCROW_RETURN_IF_REFUSED(FindPart(situation, request, v1::Command::kRefundMilestone, index, amount));
  FillRefund(state, agreement, index, amount, v1::MOVE_CAUSE_SELLER_WILL, event);
  return {};
}

}  // namespace escrow::core
