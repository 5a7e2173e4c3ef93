#include "core/terms.h"

#include <algorithm>

#include "base/assert.h"
#include "core/limits.h"

namespace escrow::core {
namespace {

// Whether the subtree at `node` holds; moves `node` and `requirement` past it.
bool SubtreeHolds(const std::vector<ConditionNode>& condition, std::uint64_t met, std::size_t& node,
                  unsigned& requirement) {
  ESCROW_ASSERT(node < condition.size());
  const ConditionNode current = condition[node++];
  if (current.at_least == 0) {
    return (met >> requirement++ & 1U) != 0;
  }
  unsigned holding = 0;
  for (unsigned child = 0; child < current.children; ++child) {
    holding += SubtreeHolds(condition, met, node, requirement) ? 1U : 0U;
  }
  return holding >= current.at_least;
}

using FixedTimes = std::vector<base::Time>;

TimerTerms BuildTimer(const v1::Timer& timer, FixedTimes& fixed_times) {
  TimerTerms terms;
  terms.start = timer.start();
  terms.kind = timer.confirmation_kind();
  terms.seconds = timer.duration().seconds();
  if (timer.start() == v1::Timer::START_FIXED_TIME) {
    terms.seconds = static_cast<std::int64_t>(fixed_times.size());
    fixed_times.push_back(base::Time{timer.fixed_time().seconds() * base::kNsPerSecond + timer.fixed_time().nanos()});
  }
  return terms;
}

RequirementTerms BuildRequirement(const v1::Requirement& requirement, FixedTimes& fixed_times) {
  RequirementTerms terms;
  terms.kind = requirement.kind();
  terms.role = requirement.role();
  for (const int kind : requirement.evidence()) {
    terms.evidence_mask |= 1U << static_cast<unsigned>(kind);
  }
  if (requirement.has_deemed_after()) {
    terms.deemed = BuildTimer(requirement.deemed_after(), fixed_times);
  }
  return terms;
}

template <class Conditions>
void BuildInner(int at_least, const Conditions& conditions, MilestoneTerms& terms, FixedTimes& fixed_times);

void BuildCondition(const v1::Condition& condition, MilestoneTerms& terms, FixedTimes& fixed_times) {
  switch (condition.form_case()) {
    case v1::Condition::kAllOf:
      return BuildInner(condition.all_of().conditions_size(), condition.all_of().conditions(), terms, fixed_times);
    case v1::Condition::kAnyOf:
      return BuildInner(1, condition.any_of().conditions(), terms, fixed_times);
    case v1::Condition::kAtLeast:
      return BuildInner(condition.at_least().count(), condition.at_least().conditions(), terms, fixed_times);
    case v1::Condition::kConfirmation:
      terms.condition.push_back({});
      terms.requirements.push_back(BuildRequirement(condition.confirmation(), fixed_times));
      return;
    case v1::Condition::FORM_NOT_SET:
      break;
  }
  ESCROW_ASSERT(false);
}

template <class Conditions>
void BuildInner(int at_least, const Conditions& conditions, MilestoneTerms& terms, FixedTimes& fixed_times) {
  ESCROW_ASSERT(at_least >= 1 && at_least <= conditions.size());
  terms.condition.push_back({static_cast<std::uint8_t>(at_least), static_cast<std::uint8_t>(conditions.size())});
  for (const v1::Condition& child : conditions) {
    BuildCondition(child, terms, fixed_times);
  }
}

MilestoneTerms BuildMilestone(const v1::Agreement& agreement, const v1::Milestone& milestone, FixedTimes& fixed_times) {
  MilestoneTerms terms;
  terms.id = milestone.milestone_id();
  terms.release_on_funding = milestone.release_on_funding();
  if (milestone.has_release_when()) {
    BuildCondition(milestone.release_when(), terms, fixed_times);
  }
  for (const std::string& id : milestone.opens_after()) {
    const auto found = std::ranges::find(agreement.milestones(), id, &v1::Milestone::milestone_id);
    ESCROW_ASSERT(found != agreement.milestones().end());
    terms.opens_after.push_back(static_cast<std::uint8_t>(found - agreement.milestones().begin()));
  }
  std::ranges::sort(terms.opens_after);
  if (milestone.has_funding_deadline()) {
    terms.funding_deadline = BuildTimer(milestone.funding_deadline(), fixed_times);
  }
  if (milestone.has_delivery_deadline()) {
    terms.delivery_deadline = BuildTimer(milestone.delivery_deadline(), fixed_times);
    terms.delivery_met_by = milestone.delivery_deadline_met_by();
  }
  return terms;
}

PolicyTerms BuildPolicies(const v1::Policies& policies) {
  PolicyTerms terms;
  terms.acceptance = policies.acceptance();
  terms.funding = policies.funding();
  terms.partial_deposit = policies.partial_deposit();
  terms.overfunding = policies.overfunding();
  terms.underfunding = policies.underfunding();
  terms.underfunding_tolerance = policies.underfunding_tolerance_minor_units();
  terms.late_funding = policies.late_funding();
  terms.missed_milestone = policies.missed_milestone();
  terms.early_confirmation = policies.early_confirmation();
  terms.partial_release = policies.partial_release();
  terms.rounding = policies.rounding();
  terms.fee_bearer = policies.fee_bearer();
  terms.payout = policies.payout();
  terms.payout_delay_seconds = policies.payout_delay().seconds();
  terms.party_consent = policies.party_consent();
  terms.long_stop_seconds = policies.long_stop().seconds();
  terms.long_stop_action = policies.long_stop_action();
  return terms;
}

}  // namespace

bool ConditionHolds(const std::vector<ConditionNode>& condition, std::uint64_t met) {
  if (condition.empty()) {
    return false;
  }
  std::size_t node = 0;
  unsigned requirement = 0;
  const bool holds = SubtreeHolds(condition, met, node, requirement);
  ESCROW_ASSERT(node == condition.size());
  return holds;
}

Terms BuildTerms(const v1::Agreement& agreement, const v1::Policies& policies, FixedTimes& fixed_times) {
  Terms terms;
  terms.policies = BuildPolicies(policies);
  terms.milestones.reserve(static_cast<std::size_t>(agreement.milestones_size()));
  for (const v1::Milestone& milestone : agreement.milestones()) {
    terms.milestones.push_back(BuildMilestone(agreement, milestone, fixed_times));
  }
  return terms;
}

v1::Policies WithDefaults(const v1::Policies& asked) {
  using P = v1::Policies;
  P policies = asked;
  // An unset enum takes the default that policy.proto documents: always its first value.
  const auto fill = [&policies](auto get, auto set, auto value) {
    if ((policies.*get)() == 0) {
      (policies.*set)(value);
    }
  };
  fill(&P::acceptance, &P::set_acceptance, P::ACCEPTANCE_BY_PLATFORM);
  fill(&P::funding, &P::set_funding, P::FUNDING_IN_FULL);
  fill(&P::partial_deposit, &P::set_partial_deposit, P::PARTIAL_DEPOSIT_ACCUMULATE);
  fill(&P::overfunding, &P::set_overfunding, P::OVERFUNDING_RETURN);
  fill(&P::underfunding, &P::set_underfunding, P::UNDERFUNDING_WAIT);
  fill(&P::late_funding, &P::set_late_funding, P::LATE_FUNDING_RETURN);
  fill(&P::missed_milestone, &P::set_missed_milestone, P::MISSED_MILESTONE_CEASE_ALL);
  fill(&P::early_confirmation, &P::set_early_confirmation, P::EARLY_CONFIRMATION_REFUSE);
  fill(&P::partial_release, &P::set_partial_release, P::PARTIAL_RELEASE_FORBID);
  fill(&P::rounding, &P::set_rounding, P::ROUNDING_LARGEST_REMAINDER);
  fill(&P::fee_bearer, &P::set_fee_bearer, P::FEE_BEARER_PAYEES);
  fill(&P::payout, &P::set_payout, P::PAYOUT_ON_REQUEST);
  fill(&P::party_consent, &P::set_party_consent, P::PARTY_CONSENT_PLATFORM_MAY_ACT);
  fill(&P::long_stop_action, &P::set_long_stop_action, P::LONG_STOP_ACTION_REFUND);
  if (!policies.has_long_stop()) {
    policies.mutable_long_stop()->set_seconds(kLongStopSecondsDefault);
  }
  return policies;
}

}  // namespace escrow::core
