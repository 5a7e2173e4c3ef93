#include "core/react.h"

#include <algorithm>

#include "base/assert.h"
#include "core/moves.h"

namespace escrow::core {
namespace {

using MilestoneState = v1::Milestone::State;

// The rules read one agreement with its terms.
struct View {
  const State& state;
  const Agreement& agreement;
  const Terms& terms;
  base::Time now;

  [[nodiscard]] const PolicyTerms& policies() const { return terms.policies; }
  [[nodiscard]] bool active() const { return agreement.state == v1::Agreement::STATE_ACTIVE; }
  [[nodiscard]] bool AnyPending() const {
    return std::ranges::find(agreement.milestones, v1::Milestone::STATE_PENDING, &Milestone::state) !=
           agreement.milestones.end();
  }
};

// A rule: true when it fills the event. The rules stand in the order in which they are asked.
using Rule = bool (*)(const View& view, v1::Event& event);

// Money that came too late goes back first, so that it cannot fund anything.
bool ReturnLate(const View& view, v1::Event& event) {
  if (view.agreement.unallocated_late == 0) {
    return false;
  }
  event.mutable_unallocated_returned()->set_cause(v1::UnallocatedReturned::CAUSE_LATE);
  AddReturnOfUnallocated(view.state, view.agreement, view.agreement.unallocated_late, event);
  return true;
}

// Whether every buyer's and seller's bit is set.
bool AllBits(const Agreement& agreement, std::uint32_t mask) {
  for (std::size_t i = 0; i < agreement.participants.size(); ++i) {
    if (agreement.participants[i].role <= v1::ROLE_SELLER && (mask >> i & 1U) == 0) {
      return false;
    }
  }
  return true;
}

bool Cancel(const View& view, v1::Event& event) {
  const Agreement& agreement = view.agreement;
  if (agreement.cancelled || agreement.ended() || !AllBits(agreement, agreement.consented_mask)) {
    return false;
  }
  event.mutable_agreement_cancelled();
  return true;
}

// Accepted by both before funding opens (source S10).
bool Activate(const View& view, v1::Event& event) {
  const Agreement& agreement = view.agreement;
  if (agreement.state != v1::Agreement::STATE_PROPOSED || agreement.cancelled || agreement.expired) {
    return false;
  }
  if (view.policies().acceptance == v1::Policies::ACCEPTANCE_BY_PARTIES &&
      !AllBits(agreement, agreement.accepted_mask)) {
    return false;
  }
  event.mutable_agreement_activated();
  return true;
}

// Custody of a milestone that ended without release goes back to the buyer.
bool RefundEnded(const View& view, v1::Event& event) {
  const std::vector<Milestone>& milestones = view.agreement.milestones;
  for (std::size_t i = 0; i < milestones.size(); ++i) {
    if (!HasEnded(milestones[i]) || milestones[i].held == 0) {
      continue;
    }
    const v1::MoveCause cause = milestones[i].state == v1::Milestone::STATE_CANCELLED ? v1::MOVE_CAUSE_CANCELLED
                                : view.agreement.long_stop                            ? v1::MOVE_CAUSE_LONG_STOP
                                                                                      : v1::MOVE_CAUSE_DEADLINE_MISSED;
    FillRefund(view.state, view.agreement, i, milestones[i].held, cause, event);
    return true;
  }
  return false;
}

// The money that must be there before the next milestone is funded, less what the tolerance forgives.
std::int64_t NeededForNext(const View& view, std::size_t next) {
  const Agreement& agreement = view.agreement;
  std::int64_t pending = 0;
  std::size_t pending_count = 0;
  for (const Milestone& milestone : agreement.milestones) {
    if (milestone.state == v1::Milestone::STATE_PENDING) {
      pending += milestone.required;
      ++pending_count;
    }
  }
  const bool in_full = view.policies().funding == v1::Policies::FUNDING_IN_FULL;
  const std::int64_t needed = in_full ? pending : agreement.milestones[next].required;
  const bool reaches_last = in_full || pending_count == 1;
  return reaches_last ? needed - view.policies().underfunding_tolerance : needed;
}

bool Fund(const View& view, v1::Event& event) {
  const Agreement& agreement = view.agreement;
  const auto pending = std::ranges::find(agreement.milestones, v1::Milestone::STATE_PENDING, &Milestone::state);
  if (!view.active() || pending == agreement.milestones.end() || agreement.unallocated == 0) {
    return false;
  }
  const auto index = static_cast<std::size_t>(pending - agreement.milestones.begin());
  if (agreement.unallocated < NeededForNext(view, index)) {
    return false;
  }
  const std::int64_t amount = std::min(pending->required, agreement.unallocated);
  event.mutable_milestone_funded()->set_milestone_index(static_cast<std::uint32_t>(index));
  event.mutable_milestone_funded()->set_shortfall_minor_units(pending->required - amount);
  AddPosting(event, v1::ACCOUNT_KIND_UNALLOCATED, -amount);
  AddPosting(event, v1::ACCOUNT_KIND_CUSTODY, amount);
  event.mutable_postings(1)->set_milestone_index(static_cast<std::uint32_t>(index));
  return true;
}

bool Release(const View& view, v1::Event& event) {
  const Agreement& agreement = view.agreement;
  for (std::size_t i = 0; i < agreement.milestones.size(); ++i) {
    const Milestone& milestone = agreement.milestones[i];
    const MilestoneTerms& terms = view.terms.milestones[i];
    if (milestone.state != v1::Milestone::STATE_FUNDED) {
      continue;
    }
    ESCROW_ASSERT(milestone.held > 0);
    v1::MoveCause cause = v1::MOVE_CAUSE_UNSPECIFIED;
    if (agreement.long_stop) {
      cause = v1::MOVE_CAUSE_LONG_STOP;
    } else if (!IsOpen(view.terms, agreement, i)) {
      continue;
    } else if (terms.release_on_funding) {
      cause = v1::MOVE_CAUSE_FUNDED;
    } else if (ConditionHolds(terms.condition, milestone.met)) {
      cause = v1::MOVE_CAUSE_CONDITIONS_MET;
    } else {
      continue;
    }
    FillRelease(view.state, agreement, i, milestone.held, cause, event);
    return true;
  }
  return false;
}

bool Close(const View& view, v1::Event& event) {
  const Agreement& agreement = view.agreement;
  if (agreement.ended() || !std::ranges::all_of(agreement.milestones, HasEnded)) {
    return false;
  }
  const auto expired = [](const Milestone& milestone) { return milestone.state == v1::Milestone::STATE_EXPIRED; };
  v1::Agreement::State state = v1::Agreement::STATE_SETTLED;
  if (agreement.cancelled) {
    state = v1::Agreement::STATE_CANCELLED;
  } else if (agreement.expired || std::ranges::all_of(agreement.milestones, expired)) {
    state = v1::Agreement::STATE_EXPIRED;
  }
  event.mutable_agreement_closed()->set_state(state);
  if (agreement.unallocated > 0) {
    AddReturnOfUnallocated(view.state, agreement, agreement.unallocated, event);
  }
  return true;
}

// A part that funds nothing goes back, where parts are not collected.
bool ReturnPartial(const View& view, v1::Event& event) {
  if (!view.active() || view.agreement.unallocated == 0 || !view.AnyPending() ||
      view.policies().partial_deposit != v1::Policies::PARTIAL_DEPOSIT_RETURN) {
    return false;
  }
  event.mutable_unallocated_returned()->set_cause(v1::UnallocatedReturned::CAUSE_PARTIAL);
  AddReturnOfUnallocated(view.state, view.agreement, view.agreement.unallocated, event);
  return true;
}

bool ReturnOverfunded(const View& view, v1::Event& event) {
  if (!view.active() || view.agreement.unallocated == 0 || view.AnyPending() ||
      view.policies().overfunding != v1::Policies::OVERFUNDING_RETURN) {
    return false;
  }
  event.mutable_unallocated_returned()->set_cause(v1::UnallocatedReturned::CAUSE_OVERFUNDED);
  AddReturnOfUnallocated(view.state, view.agreement, view.agreement.unallocated, event);
  return true;
}

bool PayOut(const View& view, v1::Event& event) {
  const Agreement& agreement = view.agreement;
  if (agreement.scheduled_payouts.empty() || agreement.scheduled_payouts.front().due > view.now) {
    return false;
  }
  const ScheduledPayout& payout = agreement.scheduled_payouts.front();
  const std::string& party_id = view.state.party(payout.party).id;
  v1::PayoutRequested& fact = *event.mutable_payout_requested();
  fact.set_payout_id("auto-" + std::to_string(event.sequence()));
  fact.set_source(payout.source);
  fact.set_party_id(party_id);
  fact.set_minor_units(payout.amount);
  AddPayoutPostings(payout.source, party_id, payout.amount, event);
  return true;
}

constexpr Rule kRules[] = {ReturnLate, Cancel, Activate,      RefundEnded,      Fund,
                           Release,    Close,  ReturnPartial, ReturnOverfunded, PayOut};

}  // namespace

bool NextReaction(const State& state, AgreementSlot slot, base::Time now, v1::Event& event) {
  const Agreement& agreement = state.agreement(slot);
  const View view{.state = state, .agreement = agreement, .terms = state.terms(agreement.terms), .now = now};
  return std::ranges::any_of(kRules, [&](const Rule rule) { return rule(view, event); });
}

void FillTimerEvent(const State& state, AgreementSlot slot, v1::Event& event) {
  const Agreement& agreement = state.agreement(slot);
  const Terms& terms = state.terms(agreement.terms);
  ESCROW_ASSERT(!agreement.timers.empty());
  const Timer& timer = agreement.timers.front();
  switch (timer.kind) {
    case TimerKind::kFundingDeadline:
    case TimerKind::kDeliveryDeadline: {
      v1::DeadlineMissed& fact = *event.mutable_deadline_missed();
      fact.set_milestone_index(timer.milestone);
      fact.set_kind(timer.kind == TimerKind::kFundingDeadline ? v1::DEADLINE_KIND_FUNDING : v1::DEADLINE_KIND_DELIVERY);
      fact.set_policy(terms.policies.missed_milestone);
      return;
    }
    case TimerKind::kDeemed: {
      const RequirementTerms& requirement = terms.milestones[timer.milestone].requirements[timer.index];
      v1::ConfirmationDeemed& fact = *event.mutable_confirmation_deemed();
      fact.set_milestone_index(timer.milestone);
      fact.set_requirement_index(timer.index);
      fact.set_kind(requirement.kind);
      fact.set_role(requirement.role);
      fact.set_start_sequence(timer.start_sequence);
      return;
    }
    case TimerKind::kLongStop:
      event.mutable_long_stop_reached()->set_action(terms.policies.long_stop_action);
      return;
  }
  ESCROW_ASSERT(false);
}

}  // namespace escrow::core
