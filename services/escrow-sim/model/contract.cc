// Whether an agreement makes sense, and how its money will be shared: agreement.proto and policy.proto, field by field.

#include <set>

#include "base/currency.h"
#include "model/form.h"
#include "model/names.h"
#include "model/shares.h"

namespace escrow::model {
namespace {

constexpr std::int64_t kAmountMax = 1'000'000'000'000'000;
constexpr std::int64_t kTimerSecondsMax = 3'650LL * 86'400;

bool IsDuration(const google::protobuf::Duration& duration, std::int64_t seconds_min, std::int64_t seconds_max) {
  return duration.nanos() == 0 && duration.seconds() >= seconds_min && duration.seconds() <= seconds_max;
}

v1::Reason CheckParticipants(const v1::Agreement& agreement, const std::string& platform) {
  if (agreement.participants().empty()) {
    return v1::REASON_MISSING_FIELD;
  }
  if (agreement.participants_size() > 32) {
    return v1::REASON_TOO_MANY_ITEMS;
  }
  std::set<std::pair<std::string, int>> seen;
  int buyers = 0;
  int sellers = 0;
  for (const v1::Participant& participant : agreement.participants()) {
    if (participant.role() == v1::ROLE_UNSPECIFIED) {
      return v1::REASON_MISSING_FIELD;
    }
    if (!v1::Role_IsValid(participant.role())) {
      return v1::REASON_INVALID_FIELD;
    }
    const std::optional<Name> name = ReadName(participant.party(), "parties");
    if (!name || name->platform != platform) {
      return v1::REASON_INVALID_NAME;
    }
    if (!seen.emplace(participant.party(), participant.role()).second) {
      return v1::REASON_DUPLICATE_ITEM;
    }
    if (seen.count({participant.party(), v1::ROLE_BUYER}) + seen.count({participant.party(), v1::ROLE_SELLER}) == 2) {
      return v1::REASON_POLICY_CONFLICT;  // nobody sells to himself
    }
    buyers += participant.role() == v1::ROLE_BUYER ? 1 : 0;
    sellers += participant.role() == v1::ROLE_SELLER ? 1 : 0;
  }
  if (buyers == 0 || sellers == 0) {
    return v1::REASON_MISSING_FIELD;
  }
  return buyers == 1 ? v1::REASON_UNSPECIFIED : v1::REASON_INVALID_FIELD;
}

// A policy is one of its values; unset, it is the first of them.
#define SETTLE_POLICY(name, Type)                            \
  if (!v1::Policies::Type##_IsValid(policies.name())) {      \
    return v1::REASON_INVALID_FIELD;                         \
  }                                                          \
  if (policies.name() == 0) {                                \
    policies.set_##name(static_cast<v1::Policies::Type>(1)); \
  }                                                          \
  static_assert(true)

v1::Reason SettlePolicies(v1::Policies& policies) {
  const bool automatic = policies.payout() == v1::Policies::PAYOUT_AUTOMATIC;
  SETTLE_POLICY(acceptance, Acceptance);
  SETTLE_POLICY(funding, Funding);
  SETTLE_POLICY(partial_deposit, PartialDeposit);
  SETTLE_POLICY(overfunding, Overfunding);
  SETTLE_POLICY(underfunding, Underfunding);
  SETTLE_POLICY(late_funding, LateFunding);
  SETTLE_POLICY(missed_milestone, MissedMilestone);
  SETTLE_POLICY(early_confirmation, EarlyConfirmation);
  SETTLE_POLICY(partial_release, PartialRelease);
  SETTLE_POLICY(rounding, Rounding);
  SETTLE_POLICY(fee_bearer, FeeBearer);
  SETTLE_POLICY(payout, Payout);
  SETTLE_POLICY(party_consent, PartyConsent);
  SETTLE_POLICY(long_stop_action, LongStopAction);
  if (policies.has_payout_delay()) {
    if (!IsDuration(policies.payout_delay(), 0, 365LL * 86'400)) {
      return v1::REASON_INVALID_FIELD;
    }
    if (policies.payout_delay().seconds() > 0 && !automatic) {
      return v1::REASON_POLICY_CONFLICT;
    }
  }
  if (!policies.has_long_stop()) {
    policies.mutable_long_stop()->set_seconds(365LL * 86'400);
  } else if (!IsDuration(policies.long_stop(), 1, kTimerSecondsMax)) {
    return v1::REASON_INVALID_FIELD;
  }
  const bool tolerant = policies.underfunding() == v1::Policies::UNDERFUNDING_ACCEPT_WITHIN_TOLERANCE;
  const std::int64_t tolerance = policies.underfunding_tolerance_minor_units();
  return (tolerant && tolerance >= 1) || (!tolerant && tolerance == 0) ? v1::REASON_UNSPECIFIED
                                                                       : v1::REASON_POLICY_CONFLICT;
}
#undef SETTLE_POLICY

v1::Reason CheckMilestoneIds(const v1::Agreement& agreement) {
  if (agreement.milestones().empty()) {
    return v1::REASON_MISSING_FIELD;
  }
  if (agreement.milestones_size() > 100) {
    return v1::REASON_TOO_MANY_ITEMS;
  }
  std::set<std::string> ids;
  for (const v1::Milestone& milestone : agreement.milestones()) {
    if (!IsId(milestone.milestone_id())) {
      return v1::REASON_INVALID_NAME;
    }
    if (!ids.insert(milestone.milestone_id()).second) {
      return v1::REASON_DUPLICATE_ITEM;
    }
  }
  return v1::REASON_UNSPECIFIED;
}

v1::Reason CheckRequirement(const v1::Agreement& agreement, const v1::Requirement& requirement) {
  if (requirement.kind() == 0 || (v1::ConfirmationKind_IsValid(requirement.kind()) && requirement.role() == 0)) {
    return v1::REASON_MISSING_FIELD;
  }
  if (!v1::ConfirmationKind_IsValid(requirement.kind()) || !v1::Role_IsValid(requirement.role())) {
    return v1::REASON_INVALID_FIELD;
  }
  bool somebody = false;
  for (const v1::Participant& participant : agreement.participants()) {
    somebody = somebody || participant.role() == requirement.role();
  }
  if (!somebody) {
    return v1::REASON_PARTY_NOT_PARTICIPANT;
  }
  if (requirement.evidence_size() > 4) {
    return v1::REASON_TOO_MANY_ITEMS;
  }
  for (const int kind : requirement.evidence()) {
    if (kind == 0 || !v1::EvidenceKind_IsValid(kind)) {
      return v1::REASON_INVALID_FIELD;
    }
  }
  return v1::REASON_UNSPECIFIED;
}

// `nodes` counts all nodes of the tree.
v1::Reason CheckCondition(const v1::Agreement& agreement, const v1::Condition& condition, int depth, int& nodes) {
  if (depth > 8) {
    return v1::REASON_CONDITION_TOO_DEEP;
  }
  nodes += 1;
  if (nodes > 64) {
    return v1::REASON_TOO_MANY_ITEMS;
  }
  if (condition.has_confirmation()) {
    return CheckRequirement(agreement, condition.confirmation());
  }
  const auto& children = condition.has_all_of()   ? condition.all_of().conditions()
                         : condition.has_any_of() ? condition.any_of().conditions()
                                                  : condition.at_least().conditions();
  if (children.empty()) {
    return v1::REASON_EMPTY_CONDITION;
  }
  for (const v1::Condition& child : children) {
    const v1::Reason wrong = CheckCondition(agreement, child, depth + 1, nodes);
    if (wrong != v1::REASON_UNSPECIFIED) {
      return wrong;
    }
  }
  const int count = condition.at_least().count();
  const bool counts = !condition.has_at_least() || (count >= 1 && count <= children.size());
  return counts ? v1::REASON_UNSPECIFIED : v1::REASON_INVALID_FIELD;
}

// `kinds`: what the milestone asks for. `never`: a kind that cannot start it; 0: none.
v1::Reason CheckTimer(const v1::Timer& timer, const std::set<int>& kinds, int never) {
  const bool fixed = timer.start() == v1::Timer::START_FIXED_TIME;
  const bool confirmed = timer.start() == v1::Timer::START_CONFIRMATION_RECORDED;
  if (timer.start() == 0 || !v1::Timer::Start_IsValid(timer.start()) || timer.has_fixed_time() != fixed ||
      timer.has_duration() == fixed || (timer.confirmation_kind() != 0) != confirmed) {
    return v1::REASON_TIMER_INVALID;
  }
  if (fixed) {
    return IsTime(timer.fixed_time()) ? v1::REASON_UNSPECIFIED : v1::REASON_INVALID_FIELD;
  }
  if (!IsDuration(timer.duration(), 1, kTimerSecondsMax)) {
    return v1::REASON_TIMER_INVALID;
  }
  if (confirmed) {
    const int kind = timer.confirmation_kind();
    if (!v1::ConfirmationKind_IsValid(kind) || kind == never) {
      return v1::REASON_TIMER_INVALID;
    }
    return kinds.count(kind) == 1 ? v1::REASON_UNSPECIFIED : v1::REASON_POLICY_CONFLICT;
  }
  return v1::REASON_UNSPECIFIED;
}

v1::Reason CheckTimers(const v1::Milestone& milestone, const std::vector<const v1::Requirement*>& asked) {
  std::set<int> kinds;
  for (const v1::Requirement* requirement : asked) {
    kinds.insert(requirement->kind());
  }
  if (milestone.has_funding_deadline()) {
    const v1::Timer& timer = milestone.funding_deadline();
    const v1::Reason wrong = CheckTimer(timer, kinds, 0);
    if (wrong != v1::REASON_UNSPECIFIED) {
      return wrong;
    }
    if (timer.start() != v1::Timer::START_FIXED_TIME && timer.start() != v1::Timer::START_AGREEMENT_ACTIVATED) {
      return v1::REASON_TIMER_INVALID;
    }
  }
  const int met_by = milestone.delivery_deadline_met_by();
  if (milestone.has_delivery_deadline()) {
    if (met_by == 0) {
      return v1::REASON_MISSING_FIELD;
    }
    if (!v1::ConfirmationKind_IsValid(met_by)) {
      return v1::REASON_INVALID_FIELD;
    }
    if (kinds.count(met_by) == 0) {
      return v1::REASON_POLICY_CONFLICT;
    }
    const v1::Reason wrong = CheckTimer(milestone.delivery_deadline(), kinds, met_by);
    if (wrong != v1::REASON_UNSPECIFIED) {
      return wrong;
    }
  } else if (met_by != 0) {
    return v1::REASON_POLICY_CONFLICT;
  }
  for (const v1::Requirement* requirement : asked) {
    bool asked_of_another_role = false;
    for (const v1::Requirement* other : asked) {
      asked_of_another_role =
          asked_of_another_role || (other->kind() == requirement->kind() && other->role() != requirement->role());
    }
    if (requirement->has_deemed_after()) {
      const v1::Reason wrong =
          CheckTimer(requirement->deemed_after(), kinds, asked_of_another_role ? 0 : requirement->kind());
      if (wrong != v1::REASON_UNSPECIFIED) {
        return wrong;
      }
    }
  }
  return v1::REASON_UNSPECIFIED;
}

v1::Reason CheckOpensAfter(const v1::Agreement& agreement, const v1::Milestone& milestone) {
  std::set<std::string> seen;
  for (const std::string& id : milestone.opens_after()) {
    bool exists = false;
    for (const v1::Milestone& other : agreement.milestones()) {
      exists = exists || other.milestone_id() == id;
    }
    if (!exists) {
      return v1::REASON_UNKNOWN_MILESTONE;
    }
    if (!seen.insert(id).second) {
      return v1::REASON_DUPLICATE_ITEM;
    }
  }
  return v1::REASON_UNSPECIFIED;
}

v1::Reason CheckPayees(const v1::Agreement& agreement, const v1::Milestone& milestone) {
  if (milestone.payees().empty()) {
    return v1::REASON_MISSING_FIELD;
  }
  if (milestone.payees_size() > 32) {
    return v1::REASON_TOO_MANY_ITEMS;
  }
  std::set<std::string> seen;
  for (const v1::Payee& payee : milestone.payees()) {
    bool takes_part = false;
    for (const v1::Participant& participant : agreement.participants()) {
      takes_part = takes_part || (participant.party() == payee.party() && participant.role() != v1::ROLE_BUYER);
    }
    if (!takes_part) {
      return v1::REASON_PARTY_NOT_PARTICIPANT;
    }
    if (!seen.insert(payee.party()).second) {
      return v1::REASON_DUPLICATE_ITEM;
    }
  }
  return v1::REASON_UNSPECIFIED;
}

// What each payee gets before fees.
v1::Reason SharesOf(const v1::Milestone& milestone, v1::Policies::Rounding rounding, std::vector<Wide>& shares) {
  const Wide amount = milestone.amount().minor_units();
  Wide sum = 0;
  Wide points = 0;
  int fixed = 0;
  int rest = -1;
  for (int i = 0; i < milestone.payees_size(); ++i) {
    const v1::Payee& payee = milestone.payees(i);
    Wide share = 0;
    if (payee.has_minor_units()) {
      share = payee.minor_units();
      fixed += 1;
      if (share < 1 || share > kAmountMax) {
        return v1::REASON_AMOUNT_OUT_OF_RANGE;
      }
    } else if (payee.has_basis_points()) {
      if (payee.basis_points() < 1 || payee.basis_points() > 10'000) {
        return v1::REASON_INVALID_FIELD;
      }
      points += payee.basis_points();
      share = amount * payee.basis_points() / 10'000;
    } else if (payee.has_remainder()) {
      if (!payee.remainder() || rest != -1) {
        return v1::REASON_INVALID_FIELD;
      }
      rest = i;
    } else {
      return v1::REASON_MISSING_FIELD;
    }
    sum += share;
    shares.push_back(share);
  }
  const auto all = static_cast<int>(shares.size());
  if (rest != -1) {
    shares[static_cast<std::size_t>(rest)] = amount - sum;
    return sum < amount && points < 10'000 ? v1::REASON_UNSPECIFIED : v1::REASON_SHARES_DO_NOT_ADD_UP;
  }
  if (fixed == all) {
    return sum == amount ? v1::REASON_UNSPECIFIED : v1::REASON_SHARES_DO_NOT_ADD_UP;
  }
  if (fixed != 0 || points != 10'000) {
    return v1::REASON_SHARES_DO_NOT_ADD_UP;
  }
  std::vector<Wide> weights;
  for (const v1::Payee& payee : milestone.payees()) {
    weights.emplace_back(payee.basis_points());
  }
  shares = Divide(amount, weights, rounding, /*capped=*/false);
  return v1::REASON_UNSPECIFIED;
}

v1::Reason FeesOf(const v1::Milestone& milestone, std::vector<Wide>& fees) {
  if (milestone.fees_size() > 8) {
    return v1::REASON_TOO_MANY_ITEMS;
  }
  const Wide amount = milestone.amount().minor_units();
  Wide sum = 0;
  for (const v1::Fee& fee : milestone.fees()) {
    if (fee.beneficiary() == 0) {
      return v1::REASON_MISSING_FIELD;
    }
    if (!v1::Fee::Beneficiary_IsValid(fee.beneficiary())) {
      return v1::REASON_INVALID_FIELD;
    }
    if (fee.has_minor_units()) {
      if (fee.minor_units() < 1 || fee.minor_units() > kAmountMax) {
        return v1::REASON_AMOUNT_OUT_OF_RANGE;
      }
      fees.emplace_back(fee.minor_units());
    } else if (fee.has_basis_points()) {
      if (fee.basis_points() < 1 || fee.basis_points() > 10'000) {
        return v1::REASON_INVALID_FIELD;
      }
      fees.push_back(PartOf(amount, fee.basis_points()));
    } else {
      return v1::REASON_MISSING_FIELD;
    }
    sum += fees.back();
  }
  return sum <= amount ? v1::REASON_UNSPECIFIED : v1::REASON_FEES_EXCEED_AMOUNT;
}

void AddLine(v1::Schedule& schedule, v1::AccountKind account, const std::string& party, Wide amount) {
  v1::Schedule::Line& line = *schedule.add_lines();
  line.set_account(account);
  line.set_party_id(party);
  line.set_minor_units(static_cast<std::int64_t>(amount));
}

v1::Reason ScheduleOf(const v1::Milestone& milestone, const v1::Policies& policies, v1::Schedule& schedule) {
  std::vector<Wide> shares;
  if (const v1::Reason wrong = SharesOf(milestone, policies.rounding(), shares); wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  std::vector<Wide> fees;
  if (const v1::Reason wrong = FeesOf(milestone, fees); wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  Wide fee_sum = 0;
  for (const Wide fee : fees) {
    fee_sum += fee;
  }
  Wide required = milestone.amount().minor_units();
  if (policies.fee_bearer() == v1::Policies::FEE_BEARER_BUYER) {
    required += fee_sum;
  } else {
    const std::vector<Wide> borne = Divide(fee_sum, shares, policies.rounding(), /*capped=*/true);
    for (std::size_t i = 0; i < shares.size(); ++i) {
      shares[i] -= borne[i];
    }
  }
  schedule.set_required_minor_units(static_cast<std::int64_t>(required));
  for (int i = 0; i < milestone.payees_size(); ++i) {
    AddLine(schedule, v1::ACCOUNT_KIND_PAYABLE, ReadName(milestone.payees(i).party(), "parties")->id,
            shares[static_cast<std::size_t>(i)]);
  }
  for (int i = 0; i < milestone.fees_size(); ++i) {
    const bool platform = milestone.fees(i).beneficiary() == v1::Fee::BENEFICIARY_PLATFORM;
    AddLine(schedule, platform ? v1::ACCOUNT_KIND_PLATFORM_FEES : v1::ACCOUNT_KIND_OPERATOR_FEES, "",
            fees[static_cast<std::size_t>(i)]);
  }
  return v1::REASON_UNSPECIFIED;
}

v1::Reason CheckMilestone(const v1::Agreement& agreement, const v1::Milestone& milestone, const v1::Policies& policies,
                          v1::Schedule& schedule) {
  if (const v1::Reason wrong = CheckAmountIn(milestone.amount(), agreement.currency_code());
      wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  const bool alone = agreement.milestones_size() == 1 && !milestone.has_delivery_deadline();
  if (milestone.release_on_funding() == milestone.has_release_when() || (milestone.release_on_funding() && !alone)) {
    return v1::REASON_PROTECTION_UNCLEAR;
  }
  std::vector<const v1::Requirement*> asked;
  if (milestone.has_release_when()) {
    int nodes = 0;
    if (const v1::Reason wrong = CheckCondition(agreement, milestone.release_when(), 1, nodes);
        wrong != v1::REASON_UNSPECIFIED) {
      return wrong;
    }
    CollectRequirements(milestone.release_when(), asked);
  }
  if (const v1::Reason wrong = CheckTimers(milestone, asked); wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  if (const v1::Reason wrong = CheckOpensAfter(agreement, milestone); wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  if (const v1::Reason wrong = CheckPayees(agreement, milestone); wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  return ScheduleOf(milestone, policies, schedule);
}

// Whether milestone `id` waits, in the end, for milestone `target`. `steps` bounds the walk around other cycles.
bool WaitsFor(const v1::Agreement& agreement, const std::string& id, const std::string& target, int steps) {
  for (const v1::Milestone& milestone : agreement.milestones()) {
    if (milestone.milestone_id() != id) {
      continue;
    }
    for (const std::string& other : milestone.opens_after()) {
      if (other == target || (steps > 0 && WaitsFor(agreement, other, target, steps - 1))) {
        return true;
      }
    }
  }
  return false;
}

v1::Reason CheckWhole(const v1::Agreement& agreement, const v1::AgreementCreated& created) {
  for (const v1::Milestone& milestone : agreement.milestones()) {
    if (WaitsFor(agreement, milestone.milestone_id(), milestone.milestone_id(), agreement.milestones_size())) {
      return v1::REASON_MILESTONE_CYCLE;
    }
  }
  Wide total = 0;
  int lines = 0;
  for (const v1::Schedule& schedule : created.schedules()) {
    total += schedule.required_minor_units();
    lines += schedule.lines_size();
  }
  if (total > kAmountMax) {
    return v1::REASON_AMOUNT_OUT_OF_RANGE;
  }
  if (lines > 384) {
    return v1::REASON_TOO_MANY_ITEMS;
  }
  const std::int64_t last = created.schedules(created.schedules_size() - 1).required_minor_units();
  return created.policies().underfunding_tolerance_minor_units() < last ? v1::REASON_UNSPECIFIED
                                                                        : v1::REASON_POLICY_CONFLICT;
}

}  // namespace

v1::Reason CheckContract(const v1::Agreement& agreement, const std::string& platform, v1::AgreementCreated& created) {
  if (!base::Currency::FromCode(agreement.currency_code())) {
    return v1::REASON_UNKNOWN_CURRENCY;
  }
  if (!agreement.external_reference().empty() && !IsReference(agreement.external_reference(), 128)) {
    return v1::REASON_INVALID_FIELD;
  }
  if (const v1::Reason wrong = CheckParticipants(agreement, platform); wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  *created.mutable_policies() = agreement.policies();
  if (const v1::Reason wrong = SettlePolicies(*created.mutable_policies()); wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  if (const v1::Reason wrong = CheckMilestoneIds(agreement); wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  for (const v1::Milestone& milestone : agreement.milestones()) {
    if (const v1::Reason wrong = CheckMilestone(agreement, milestone, created.policies(), *created.add_schedules());
        wrong != v1::REASON_UNSPECIFIED) {
      return wrong;
    }
  }
  return CheckWhole(agreement, created);
}

}  // namespace escrow::model
