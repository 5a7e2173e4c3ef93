#include "core/explain.h"

#include <algorithm>
#include <string>

#include "base/decimal.h"
#include "core/apply.h"
#include "core/moves.h"
#include "core/names.h"
#include "core/rules.h"

namespace escrow::core {
namespace {

using Response = v1::ExplainAgreementResponse;

// Drops the prefix of an enum value's name: ROLE_BUYER -> BUYER.
std::string Short(std::string_view name, std::string_view prefix) {
  return std::string(name.starts_with(prefix) ? name.substr(prefix.size()) : name);
}

std::string Text(v1::Role role) { return Short(v1::Role_Name(role), "ROLE_"); }
std::string Text(v1::ConfirmationKind kind) { return Short(v1::ConfirmationKind_Name(kind), "CONFIRMATION_KIND_"); }

std::string Text(std::int64_t minor_units, base::Currency currency) {
  return base::FormatDecimal(minor_units, currency.exponent()) + " " + std::string(currency.code());
}

class Explainer {
 public:
  Explainer(const State& state, AgreementSlot slot, Response& response)
      : state_(state), agreement_(state.agreement(slot)), terms_(state.terms(agreement_.terms)), response_(response) {}

  void Run() {
    AddRequirements();
    AddTimers();
    AddActions();
    AddMissingFunds();
    Summarise();
  }

 private:
  [[nodiscard]] bool Allowed(v1::Command::PayloadCase command) const {
    return ReasonIn("Agreement", agreement_.state, command) == v1::REASON_UNSPECIFIED;
  }

  // Whether the milestone takes this command now; a PENDING one takes confirmations where the policy records early
  // ones.
  [[nodiscard]] bool Allowed(v1::Command::PayloadCase command, const Milestone& milestone) const {
    if (!Allowed(command)) {
      return false;
    }
    if (command == v1::Command::kConfirmMilestone && milestone.state == v1::Milestone::STATE_PENDING) {
      return terms_.policies.early_confirmation == v1::Policies::EARLY_CONFIRMATION_RECORD;
    }
    return ReasonIn("Milestone", milestone.state, command) == v1::REASON_UNSPECIFIED;
  }

  // Adds an action of every party in `role` for whom `concerned` holds.
  template <class Concerned>
  Response::NextAction* AddAction(v1::Command::PayloadCase command, v1::Role role, std::string effect,
                                  Concerned concerned);
  void AddRequirements();
  void AddTimers();
  void AddActions();
  void AddMilestoneActions(std::size_t index);
  void AddMissingFunds();
  void Summarise();
  [[nodiscard]] std::string SummariseActive() const;

  const State& state_;
  const Agreement& agreement_;
  const Terms& terms_;
  Response& response_;
};

void Explainer::AddRequirements() {
  for (std::size_t i = 0; i < agreement_.milestones.size(); ++i) {
    const Milestone& milestone = agreement_.milestones[i];
    if (HasEnded(milestone)) {
      continue;
    }
    const std::vector<RequirementTerms>& requirements = terms_.milestones[i].requirements;
    for (std::size_t j = 0; j < requirements.size(); ++j) {
      Response::RequirementStatus& status = *response_.add_requirements();
      status.set_milestone_id(terms_.milestones[i].id);
      status.set_requirement_index(static_cast<std::int32_t>(j));
      status.set_kind(requirements[j].kind);
      status.set_role(requirements[j].role);
      status.set_met((milestone.met >> j & 1U) != 0);
      status.set_met_sequence(milestone.met_by.empty() ? 0 : static_cast<std::int64_t>(milestone.met_by[j]));
    }
  }
}

void Explainer::AddTimers() {
  for (const Timer& timer : agreement_.timers) {
    Response::RunningTimer& running = *response_.add_timers();
    ToTimestamp(timer.deadline, *running.mutable_expire_time());
    if (timer.kind != TimerKind::kLongStop) {
      running.set_milestone_id(terms_.milestones[timer.milestone].id);
    }
    const std::string missed =
        Short(v1::Policies::MissedMilestone_Name(terms_.policies.missed_milestone), "MISSED_MILESTONE_");
    switch (timer.kind) {
      case TimerKind::kFundingDeadline:
        running.set_effect("the funding deadline is missed: " + missed);
        break;
      case TimerKind::kDeliveryDeadline:
        running.set_effect("the delivery deadline is missed: " + missed);
        break;
      case TimerKind::kDeemed: {
        const RequirementTerms& requirement = terms_.milestones[timer.milestone].requirements[timer.index];
        running.set_effect(Text(requirement.kind) + " by " + Text(requirement.role) + " counts as given");
        break;
      }
      case TimerKind::kLongStop:
        running.set_effect(terms_.policies.long_stop_action == v1::Policies::LONG_STOP_ACTION_REFUND
                               ? "long stop: custody goes back to the buyer"
                               : "long stop: custody goes to the payees");
        break;
    }
  }
  for (const ScheduledPayout& payout : agreement_.scheduled_payouts) {
    Response::RunningTimer& running = *response_.add_timers();
    ToTimestamp(payout.due, *running.mutable_expire_time());
    running.set_effect("payout of " + Text(payout.amount, agreement_.currency) + " to " +
                       state_.party(payout.party).id);
  }
  std::ranges::stable_sort(*response_.mutable_timers(), [](const auto& a, const auto& b) {
    return FromTimestamp(a.expire_time()) < FromTimestamp(b.expire_time());
  });
}

template <class Concerned>
Response::NextAction* Explainer::AddAction(v1::Command::PayloadCase command, v1::Role role, std::string effect,
                                           Concerned concerned) {
  Response::NextAction action;
  for (std::size_t i = 0; i < agreement_.participants.size(); ++i) {
    if (agreement_.participants[i].role == role && concerned(i)) {
      action.add_parties(
          PartyName(state_.platform(agreement_.platform).id, state_.party(agreement_.participants[i].party).id));
    }
  }
  if (action.parties().empty()) {
    return nullptr;
  }
  action.set_method(std::string(MethodOf(command)));
  const bool party_only = terms_.policies.party_consent == v1::Policies::PARTY_CONSENT_PARTY_MUST_ACT;
  action.set_actor(Text(role) + (party_only ? " with its own credential" : ", or the platform for it"));
  action.set_effect(std::move(effect));
  *response_.add_actions() = std::move(action);
  return response_.mutable_actions(response_.actions_size() - 1);
}

void Explainer::AddActions() {
  for (const v1::Role role : {v1::ROLE_BUYER, v1::ROLE_SELLER}) {
    if (Allowed(v1::Command::kAcceptAgreement)) {
      AddAction(v1::Command::kAcceptAgreement, role, "accepts the agreement",
                [&](std::size_t i) { return (agreement_.accepted_mask >> i & 1U) == 0; });
    }
    if (Allowed(v1::Command::kCancelAgreement)) {
      AddAction(v1::Command::kCancelAgreement, role, "consents to cancel; the last consent refunds what is in custody",
                [&](std::size_t i) { return (agreement_.consented_mask >> i & 1U) == 0; });
    }
  }
  for (std::size_t i = 0; i < agreement_.milestones.size(); ++i) {
    AddMilestoneActions(i);
  }
  if (!agreement_.ended()) {
    Response::NextAction& deposit = *response_.add_actions();
    deposit.set_method(std::string(MethodOf(v1::Command::kRecordDeposit)));
    deposit.set_actor(state_.platform(agreement_.platform).rail_access ? "the operator, or the platform (rail access)"
                                                                       : "the operator");
    deposit.set_effect("books money that came in for the agreement");
  }
}

void Explainer::AddMilestoneActions(std::size_t index) {
  const Milestone& milestone = agreement_.milestones[index];
  const MilestoneTerms& milestone_terms = terms_.milestones[index];
  const auto everybody = [](std::size_t) { return true; };
  const auto about_milestone = [&](Response::NextAction* action) {
    if (action != nullptr) {
      action->set_milestone_id(milestone_terms.id);
    }
  };
  if (Allowed(v1::Command::kConfirmMilestone, milestone) && IsOpen(terms_, agreement_, index)) {
    for (std::size_t i = 0; i < milestone_terms.requirements.size(); ++i) {
      if ((milestone.met >> i & 1U) == 0) {
        const RequirementTerms& requirement = milestone_terms.requirements[i];
        about_milestone(AddAction(v1::Command::kConfirmMilestone, requirement.role,
                                  "confirms " + Text(requirement.kind), everybody));
      }
    }
  }
  if (Allowed(v1::Command::kReleaseMilestone, milestone)) {
    about_milestone(AddAction(v1::Command::kReleaseMilestone, v1::ROLE_BUYER, "releases custody at once", everybody));
  }
  const bool sole_seller = std::ranges::count(agreement_.participants, v1::ROLE_SELLER, &Participant::role) == 1;
  if (sole_seller && Allowed(v1::Command::kRefundMilestone, milestone)) {
    about_milestone(AddAction(v1::Command::kRefundMilestone, v1::ROLE_SELLER, "gives custody back at once", everybody));
  }
}

void Explainer::AddMissingFunds() {
  if (agreement_.ended()) {
    return;
  }
  std::int64_t pending = 0;
  for (const Milestone& milestone : agreement_.milestones) {
    if (milestone.state == v1::Milestone::STATE_PENDING) {
      pending += milestone.required;
      if (terms_.policies.funding == v1::Policies::FUNDING_PER_MILESTONE) {
        break;
      }
    }
  }
  if (pending > agreement_.unallocated) {
    response_.mutable_missing_funds()->set_currency_code(std::string(agreement_.currency.code()));
    response_.mutable_missing_funds()->set_minor_units(pending - agreement_.unallocated);
  }
}

std::string Explainer::SummariseActive() const {
  std::size_t waiting = 0;
  for (const auto& requirement : response_.requirements()) {
    waiting += requirement.met() ? 0U : 1U;
  }
  const std::string held = Text(agreement_.held(), agreement_.currency) + " in custody";
  if (response_.has_missing_funds()) {
    return held + "; " + Text(response_.missing_funds().minor_units(), agreement_.currency) +
           " must still come in to fund what is next.";
  }
  if (waiting > 0) {
    return held + "; " + std::to_string(waiting) + " confirmation(s) are not given yet.";
  }
  return held + "; a milestone waits for another one to end.";
}

void Explainer::Summarise() {
  switch (agreement_.state) {
    case v1::Agreement::STATE_PROPOSED:
      response_.set_summary("The agreement waits for the acceptance of its buyer and sellers; no money moves before.");
      break;
    case v1::Agreement::STATE_ACTIVE:
      response_.set_summary(SummariseActive());
      break;
    case v1::Agreement::STATE_SETTLED:
      response_.set_summary("Settled: every milestone ended, and nothing is held.");
      break;
    case v1::Agreement::STATE_CANCELLED:
      response_.set_summary("Cancelled by consent: what was in custody went back to the buyer.");
      break;
    case v1::Agreement::STATE_EXPIRED:
      response_.set_summary(agreement_.long_stop
                                ? "Expired at the long stop: custody went where the policy says."
                                : "Expired by a missed deadline: what was in custody went back to the buyer.");
      break;
    default:
      break;
  }
}

}  // namespace

v1::ExplainAgreementResponse Explain(const State& state, AgreementSlot slot) {
  v1::ExplainAgreementResponse response;
  Explainer(state, slot, response).Run();
  return response;
}

}  // namespace escrow::core
