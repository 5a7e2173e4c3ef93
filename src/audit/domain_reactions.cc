#include "audit/domain_reactions.h"

#include <algorithm>
#include <string>

#include "audit/domain_moves.h"

namespace escrow::audit {
namespace {

bool AllOfThem(const AgreementNow& agreement, const std::set<std::string>& parties) {
  return std::ranges::all_of(agreement.terms->participants(), [&](const v1::Participant& participant) {
    const bool asked = participant.role() == v1::ROLE_BUYER || participant.role() == v1::ROLE_SELLER;
    const auto party = ScopedIdOf(participant.party(), "parties");
    return !asked || (party && parties.contains(std::string(party->id)));
  });
}

// Whether the condition holds; `requirement` counts its confirmations, depth first.
bool Holds(const v1::Condition& condition, const MilestoneNow& milestone, std::size_t& requirement) {
  const auto holding = [&](const auto& conditions) {
    int count = 0;
    for (const v1::Condition& child : conditions) {
      count += Holds(child, milestone, requirement) ? 1 : 0;
    }
    return count;
  };
  switch (condition.form_case()) {
    case v1::Condition::kAllOf:
      return holding(condition.all_of().conditions()) == condition.all_of().conditions_size();
    case v1::Condition::kAnyOf:
      return holding(condition.any_of().conditions()) >= 1;
    case v1::Condition::kAtLeast:
      return holding(condition.at_least().conditions()) >= condition.at_least().count();
    case v1::Condition::kConfirmation:
      return milestone.met_by[requirement++] != 0;
    case v1::Condition::FORM_NOT_SET:
      break;
  }
  return false;
}

bool ConditionHolds(const AgreementNow& agreement, std::size_t index) {
  const v1::Milestone& terms = agreement.terms->milestones(static_cast<int>(index));
  std::size_t requirement = 0;
  return terms.has_release_when() && Holds(terms.release_when(), agreement.milestones[index], requirement);
}

void FillReturn(const AgreementNow& agreement, std::int64_t amount, v1::UnallocatedReturned::Cause cause,
                v1::Event& event) {
  event.mutable_unallocated_returned()->set_cause(cause);
  BookReturn(agreement, amount, event);
}

bool RefundWhatEnded(const AgreementNow& agreement, v1::Event& event) {
  for (std::size_t i = 0; i < agreement.milestones.size(); ++i) {
    const MilestoneNow& milestone = agreement.milestones[i];
    if (!milestone.ended() || milestone.held == 0) {
      continue;
    }
    v1::MoveCause cause = v1::MOVE_CAUSE_DEADLINE_MISSED;
    if (milestone.state == v1::Milestone::STATE_CANCELLED) {
      cause = v1::MOVE_CAUSE_CANCELLED;
    } else if (agreement.long_stop) {
      cause = v1::MOVE_CAUSE_LONG_STOP;
    }
    FillRefund(agreement, i, milestone.held, cause, event);
    return true;
  }
  return false;
}

bool Fund(const AgreementNow& agreement, v1::Event& event) {
  if (agreement.state != v1::Agreement::STATE_ACTIVE || agreement.unallocated == 0) {
    return false;
  }
  std::size_t next = agreement.milestones.size();
  std::int64_t pending = 0;
  int count = 0;
  for (std::size_t i = agreement.milestones.size(); i-- > 0;) {
    if (agreement.milestones[i].state == v1::Milestone::STATE_PENDING) {
      next = i;
      pending += agreement.milestones[i].required;
      ++count;
    }
  }
  if (count == 0) {
    return false;
  }
  const std::int64_t required = agreement.milestones[next].required;
  const bool in_full = agreement.policies.funding() == v1::Policies::FUNDING_IN_FULL;
  std::int64_t needed = in_full ? pending : required;
  if (in_full || count == 1) {
    needed -= agreement.policies.underfunding_tolerance_minor_units();
  }
  if (agreement.unallocated < needed) {
    return false;
  }
  const std::int64_t amount = std::min(required, agreement.unallocated);
  v1::MilestoneFunded& fact = *event.mutable_milestone_funded();
  fact.set_milestone_index(static_cast<std::uint32_t>(next));
  fact.set_shortfall_minor_units(required - amount);
  Book(v1::ACCOUNT_KIND_UNALLOCATED, -amount, event);
  BookCustody(next, amount, event);
  return true;
}

bool Release(const AgreementNow& agreement, v1::Event& event) {
  for (std::size_t i = 0; i < agreement.milestones.size(); ++i) {
    const MilestoneNow& milestone = agreement.milestones[i];
    if (milestone.state != v1::Milestone::STATE_FUNDED) {
      continue;
    }
    v1::MoveCause cause = v1::MOVE_CAUSE_UNSPECIFIED;
    if (agreement.long_stop) {
      cause = v1::MOVE_CAUSE_LONG_STOP;
    } else if (!IsOpen(agreement, i)) {
      continue;
    } else if (agreement.terms->milestones(static_cast<int>(i)).release_on_funding()) {
      cause = v1::MOVE_CAUSE_FUNDED;
    } else if (ConditionHolds(agreement, i)) {
      cause = v1::MOVE_CAUSE_CONDITIONS_MET;
    } else {
      continue;
    }
    FillRelease(agreement, i, milestone.held, cause, event);
    return true;
  }
  return false;
}

void FillClosed(const AgreementNow& agreement, v1::Event& event) {
  v1::Agreement::State state = v1::Agreement::STATE_SETTLED;
  if (agreement.cancelled) {
    state = v1::Agreement::STATE_CANCELLED;
  } else if (agreement.expired || std::ranges::all_of(agreement.milestones, [](const MilestoneNow& milestone) {
               return milestone.state == v1::Milestone::STATE_EXPIRED;
             })) {
    state = v1::Agreement::STATE_EXPIRED;
  }
  event.mutable_agreement_closed()->set_state(state);
  if (agreement.unallocated > 0) {
    BookReturn(agreement, agreement.unallocated, event);
  }
}

void FillPayout(const DuePayout& payout, v1::Event& event) {
  v1::PayoutRequested& fact = *event.mutable_payout_requested();
  fact.set_payout_id("auto-" + std::to_string(event.sequence()));
  fact.set_source(payout.source);
  fact.set_party_id(payout.party_id);
  fact.set_minor_units(payout.amount);
  BookPayout(payout.source, payout.party_id, payout.amount, event);
}

// Of an agreement that has not ended.
bool NextOfLive(const AgreementNow& agreement, v1::Event& event) {
  const v1::Policies& policies = agreement.policies;
  if (!agreement.cancelled && AllOfThem(agreement, agreement.consented)) {
    event.mutable_agreement_cancelled();
    return true;
  }
  if (agreement.state == v1::Agreement::STATE_PROPOSED && !agreement.cancelled && !agreement.expired &&
      (policies.acceptance() == v1::Policies::ACCEPTANCE_BY_PLATFORM || AllOfThem(agreement, agreement.accepted))) {
    event.mutable_agreement_activated();
    return true;
  }
  if (RefundWhatEnded(agreement, event) || Fund(agreement, event) || Release(agreement, event)) {
    return true;
  }
  if (std::ranges::all_of(agreement.milestones, &MilestoneNow::ended)) {
    FillClosed(agreement, event);
    return true;
  }
  if (agreement.state != v1::Agreement::STATE_ACTIVE || agreement.unallocated == 0) {
    return false;
  }
  const bool waiting = std::ranges::any_of(agreement.milestones, [](const MilestoneNow& milestone) {
    return milestone.state == v1::Milestone::STATE_PENDING;
  });
  if (waiting && policies.partial_deposit() == v1::Policies::PARTIAL_DEPOSIT_RETURN) {
    FillReturn(agreement, agreement.unallocated, v1::UnallocatedReturned::CAUSE_PARTIAL, event);
    return true;
  }
  if (!waiting && policies.overfunding() == v1::Policies::OVERFUNDING_RETURN) {
    FillReturn(agreement, agreement.unallocated, v1::UnallocatedReturned::CAUSE_OVERFUNDED, event);
    return true;
  }
  return false;
}

}  // namespace

bool NextReaction(const AgreementNow& agreement, Nanos now, v1::Event& event) {
  if (agreement.late > 0) {
    FillReturn(agreement, agreement.late, v1::UnallocatedReturned::CAUSE_LATE, event);
    return true;
  }
  if (!agreement.ended() && NextOfLive(agreement, event)) {
    return true;
  }
  if (!agreement.due_payouts.empty() && agreement.due_payouts.front().due <= now) {
    FillPayout(agreement.due_payouts.front(), event);
    return true;
  }
  return false;
}

void FillTimerEvent(const AgreementNow& agreement, v1::Event& event) {
  const RunningTimer& timer = *agreement.timers.begin();
  const auto index = static_cast<std::uint32_t>(timer.milestone);
  switch (timer.kind) {
    case TimerKind::kFundingDeadline:
    case TimerKind::kDeliveryDeadline: {
      v1::DeadlineMissed& fact = *event.mutable_deadline_missed();
      fact.set_milestone_index(index);
      fact.set_kind(timer.kind == TimerKind::kFundingDeadline ? v1::DEADLINE_KIND_FUNDING : v1::DEADLINE_KIND_DELIVERY);
      fact.set_policy(agreement.policies.missed_milestone());
      return;
    }
    case TimerKind::kDeemed: {
      const v1::Requirement& requirement = *agreement.milestones[timer.milestone].requirements[timer.requirement];
      v1::ConfirmationDeemed& fact = *event.mutable_confirmation_deemed();
      fact.set_milestone_index(index);
      fact.set_requirement_index(static_cast<std::uint32_t>(timer.requirement));
      fact.set_kind(requirement.kind());
      fact.set_role(requirement.role());
      fact.set_start_sequence(timer.start_sequence);
      return;
    }
    case TimerKind::kLongStop:
      event.mutable_long_stop_reached()->set_action(agreement.policies.long_stop_action());
      return;
  }
}

bool IsOpen(const AgreementNow& agreement, std::size_t index) {
  return std::ranges::all_of(
      agreement.terms->milestones(static_cast<int>(index)).opens_after(),
      [&](const std::string& id) { return agreement.milestones[PositionOf(agreement, id)].ended(); });
}

std::size_t PositionOf(const AgreementNow& agreement, const std::string& milestone_id) {
  const auto& milestones = agreement.terms->milestones();
  return static_cast<std::size_t>(std::ranges::find(milestones, milestone_id, &v1::Milestone::milestone_id) -
                                  milestones.begin());
}

}  // namespace escrow::audit
