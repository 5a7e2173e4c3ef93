#include "core/validate_milestone.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "core/allocation.h"
#include "core/field_path.h"
#include "core/limits.h"
#include "core/names.h"
#include "core/validate.h"

namespace escrow::core {
namespace {

// Bit k: confirmation kind k is asked for by a requirement of the milestone.
using KindMask = std::uint32_t;

KindMask BitOf(v1::ConfirmationKind kind) { return 1U << static_cast<unsigned>(kind); }

bool IsSet(v1::ConfirmationKind kind) {
  return v1::ConfirmationKind_IsValid(kind) && kind != v1::CONFIRMATION_KIND_UNSPECIFIED;
}

// A required enum: unset is missing, an unknown value is invalid.
Check CheckRequired(bool is_set, bool is_valid, const FieldPath& field) {
  if (!is_set) {
    return Refuse(v1::REASON_MISSING_FIELD, {{"field", field.Text()}});
  }
  return is_valid ? Check{} : Refuse(v1::REASON_INVALID_FIELD, {{"field", field.Text()}});
}

bool HasRole(const v1::Agreement& agreement, v1::Role role) {
  return std::ranges::find(agreement.participants(), role, &v1::Participant::role) != agreement.participants().end();
}

// ---- conditions

struct ConditionCheck {
  const v1::Agreement& agreement;
  std::size_t nodes = 0;
  KindMask kinds = 0;
  std::vector<const v1::Requirement*> requirements;

  Check Visit(const v1::Condition& condition, const FieldPath& path, std::size_t depth);
  template <class Conditions>
  Check VisitAll(const Conditions& conditions, const FieldPath& path, std::size_t depth);
  Check VisitRequirement(const v1::Requirement& requirement, const FieldPath& path);
};

template <class Conditions>
Check ConditionCheck::VisitAll(const Conditions& conditions, const FieldPath& path, std::size_t depth) {
  if (conditions.empty()) {
    return Refuse(v1::REASON_EMPTY_CONDITION, {{"field", path.Text()}});
  }
  for (int i = 0; i < conditions.size(); ++i) {
    ESCROW_RETURN_IF_REFUSED(Visit(conditions[i], path.Element("conditions", i), depth + 1));
  }
  return {};
}

Check ConditionCheck::Visit(const v1::Condition& condition, const FieldPath& path, std::size_t depth) {
  if (depth > kConditionDepthMax) {
    return Refuse(v1::REASON_CONDITION_TOO_DEEP, {{"field", path.Text()}});
  }
  if (++nodes > kConditionNodesMax) {
    return Refuse(v1::REASON_TOO_MANY_ITEMS, {{"field", path.Text()}, {"max", std::to_string(kConditionNodesMax)}});
  }
  switch (condition.form_case()) {
    case v1::Condition::kAllOf:
      return VisitAll(condition.all_of().conditions(), path.Field("all_of"), depth);
    case v1::Condition::kAnyOf:
      return VisitAll(condition.any_of().conditions(), path.Field("any_of"), depth);
    case v1::Condition::kAtLeast: {
      ESCROW_RETURN_IF_REFUSED(VisitAll(condition.at_least().conditions(), path.Field("at_least"), depth));
      const int count = condition.at_least().count();
      if (count < 1 || count > condition.at_least().conditions_size()) {
        return Refuse(v1::REASON_INVALID_FIELD, {{"field", path.Field("at_least").Field("count").Text()}});
      }
      return {};
    }
    case v1::Condition::kConfirmation:
      return VisitRequirement(condition.confirmation(), path.Field("confirmation"));
    case v1::Condition::FORM_NOT_SET:
      break;
  }
  return Refuse(v1::REASON_EMPTY_CONDITION, {{"field", path.Text()}});
}

Check ConditionCheck::VisitRequirement(const v1::Requirement& requirement, const FieldPath& path) {
  ESCROW_RETURN_IF_REFUSED(CheckRequired(requirement.kind() != v1::CONFIRMATION_KIND_UNSPECIFIED,
                                         v1::ConfirmationKind_IsValid(requirement.kind()), path.Field("kind")));
  ESCROW_RETURN_IF_REFUSED(CheckRequired(requirement.role() != v1::ROLE_UNSPECIFIED,
                                         v1::Role_IsValid(requirement.role()), path.Field("role")));
  if (!HasRole(agreement, requirement.role())) {
    return Refuse(v1::REASON_PARTY_NOT_PARTICIPANT,
                  {{"field", path.Field("role").Text()}, {"role", v1::Role_Name(requirement.role())}});
  }
  if (static_cast<std::size_t>(requirement.evidence_size()) > kRequirementEvidenceMax) {
    return Refuse(v1::REASON_TOO_MANY_ITEMS,
                  {{"field", path.Field("evidence").Text()}, {"max", std::to_string(kRequirementEvidenceMax)}});
  }
  for (const int kind : requirement.evidence()) {
    if (!v1::EvidenceKind_IsValid(kind) || kind == v1::EVIDENCE_KIND_UNSPECIFIED) {
      return Refuse(v1::REASON_INVALID_FIELD, {{"field", path.Field("evidence").Text()}});
    }
  }
  kinds |= BitOf(requirement.kind());
  requirements.push_back(&requirement);
  return {};
}

// ---- timers

// `kinds`: the confirmations that may start it. `self`: a kind that cannot start it, because it would end it.
Check CheckTimer(const v1::Timer& timer, const FieldPath& path, KindMask kinds, v1::ConfirmationKind self) {
  const auto invalid = [&path] { return Refuse(v1::REASON_TIMER_INVALID, {{"field", path.Text()}}); };
  const bool fixed = timer.start() == v1::Timer::START_FIXED_TIME;
  const bool by_confirmation = timer.start() == v1::Timer::START_CONFIRMATION_RECORDED;
  if (!v1::Timer::Start_IsValid(timer.start()) || timer.start() == v1::Timer::START_UNSPECIFIED ||
      fixed != timer.has_fixed_time() || fixed == timer.has_duration() ||
      by_confirmation != (timer.confirmation_kind() != v1::CONFIRMATION_KIND_UNSPECIFIED)) {
    return invalid();
  }
  if (fixed) {
    base::Time unused;
    return ReadTime(timer.fixed_time(), path.Field("fixed_time"), unused);
  }
  if (CheckDuration(timer.duration(), path.Field("duration"), 1, kTimerSecondsMax)) {
    return invalid();
  }
  if (by_confirmation) {
    if (!IsSet(timer.confirmation_kind()) || timer.confirmation_kind() == self) {
      return invalid();
    }
    if ((kinds & BitOf(timer.confirmation_kind())) == 0) {
      return Refuse(v1::REASON_POLICY_CONFLICT, {{"field", path.Field("confirmation_kind").Text()}});
    }
  }
  return {};
}

// The kind of a requirement that nobody else is asked for: its timer could only be started by what it stands in for.
v1::ConfirmationKind OnlyOneself(const ConditionCheck& condition, const v1::Requirement& requirement) {
  const auto other = [&requirement](const v1::Requirement* candidate) {
    return candidate->kind() == requirement.kind() && candidate->role() != requirement.role();
  };
  return std::ranges::any_of(condition.requirements, other) ? v1::CONFIRMATION_KIND_UNSPECIFIED : requirement.kind();
}

Check CheckTimers(const v1::Milestone& milestone, const FieldPath& path, const ConditionCheck& condition) {
  if (milestone.has_funding_deadline()) {
    const FieldPath field = path.Field("funding_deadline");
    const v1::Timer& timer = milestone.funding_deadline();
    ESCROW_RETURN_IF_REFUSED(CheckTimer(timer, field, condition.kinds, v1::CONFIRMATION_KIND_UNSPECIFIED));
    if (timer.start() != v1::Timer::START_FIXED_TIME && timer.start() != v1::Timer::START_AGREEMENT_ACTIVATED) {
      return Refuse(v1::REASON_TIMER_INVALID, {{"field", field.Text()}});
    }
  }
  const v1::ConfirmationKind met_by = milestone.delivery_deadline_met_by();
  const FieldPath met_by_field = path.Field("delivery_deadline_met_by");
  if (milestone.has_delivery_deadline()) {
    ESCROW_RETURN_IF_REFUSED(
        CheckRequired(met_by != v1::CONFIRMATION_KIND_UNSPECIFIED, v1::ConfirmationKind_IsValid(met_by), met_by_field));
    if ((condition.kinds & BitOf(met_by)) == 0) {
      return Refuse(v1::REASON_POLICY_CONFLICT, {{"field", met_by_field.Text()}});
    }
    ESCROW_RETURN_IF_REFUSED(
        CheckTimer(milestone.delivery_deadline(), path.Field("delivery_deadline"), condition.kinds, met_by));
  } else if (met_by != v1::CONFIRMATION_KIND_UNSPECIFIED) {
    return Refuse(v1::REASON_POLICY_CONFLICT, {{"field", met_by_field.Text()}});
  }
  for (const v1::Requirement* requirement : condition.requirements) {
    if (requirement->has_deemed_after()) {
      ESCROW_RETURN_IF_REFUSED(CheckTimer(requirement->deemed_after(), path.Field("release_when.deemed_after"),
                                          condition.kinds, OnlyOneself(condition, *requirement)));
    }
  }
  return {};
}

Check CheckOpensAfter(const v1::Agreement& agreement, const v1::Milestone& milestone, const FieldPath& path) {
  const auto& ids = milestone.opens_after();
  for (int i = 0; i < ids.size(); ++i) {
    if (std::ranges::find(agreement.milestones(), ids[i], &v1::Milestone::milestone_id) ==
        agreement.milestones().end()) {
      return Refuse(v1::REASON_UNKNOWN_MILESTONE, {{"milestone_id", ids[i]}});
    }
    if (std::find(ids.begin(), ids.begin() + i, ids[i]) != ids.begin() + i) {
      return Refuse(v1::REASON_DUPLICATE_ITEM, {{"field", path.Field("opens_after").Text()}});
    }
  }
  return {};
}

// ---- money

Check CheckPayees(const v1::Agreement& agreement, const v1::Milestone& milestone, const FieldPath& path) {
  const FieldPath field = path.Field("payees");
  if (milestone.payees().empty()) {
    return Refuse(v1::REASON_MISSING_FIELD, {{"field", field.Text()}});
  }
  if (static_cast<std::size_t>(milestone.payees_size()) > kPayeesMax) {
    return Refuse(v1::REASON_TOO_MANY_ITEMS, {{"field", field.Text()}, {"max", std::to_string(kPayeesMax)}});
  }
  for (int i = 0; i < milestone.payees_size(); ++i) {
    const std::string& party = milestone.payees(i).party();
    const auto is_payable = [&party](const v1::Participant& participant) {
      return participant.party() == party && participant.role() != v1::ROLE_BUYER;
    };
    if (std::ranges::none_of(agreement.participants(), is_payable)) {
      return Refuse(v1::REASON_PARTY_NOT_PARTICIPANT, {{"field", field.Text()}, {"party", party}});
    }
    const auto end = milestone.payees().begin() + i;
    if (std::ranges::find(milestone.payees().begin(), end, party, &v1::Payee::party) != end) {
      return Refuse(v1::REASON_DUPLICATE_ITEM, {{"field", field.Text()}});
    }
  }
  return {};
}

// What each payee gets of the milestone's amount before fees; the sum is the amount.
Check ComputePortions(const v1::Milestone& milestone, const FieldPath& path, v1::Policies::Rounding rounding,
                      std::vector<std::int64_t>& portions) {
  const std::int64_t amount = milestone.amount().minor_units();
  const auto does_not_add_up = [&] {
    return Refuse(v1::REASON_SHARES_DO_NOT_ADD_UP, {{"field", path.Field("payees").Text()}});
  };
  Wide sum = 0;
  std::int64_t basis_points = 0;
  int fixed = 0;
  int remainder = -1;
  for (int i = 0; i < milestone.payees_size(); ++i) {
    const v1::Payee& payee = milestone.payees(i);
    const FieldPath field = path.Element("payees", i);
    std::int64_t portion = 0;
    switch (payee.share_case()) {
      case v1::Payee::kMinorUnits:
        portion = payee.minor_units();
        ++fixed;
        if (portion < 1 || portion > kMinorUnitsMax) {
          return Refuse(v1::REASON_AMOUNT_OUT_OF_RANGE,
                        {{"field", field.Field("minor_units").Text()}, {"minor_units", std::to_string(portion)}});
        }
        break;
      case v1::Payee::kBasisPoints:
        if (payee.basis_points() < 1 || payee.basis_points() > kBasisPointsWhole) {
          return Refuse(v1::REASON_INVALID_FIELD, {{"field", field.Field("basis_points").Text()}});
        }
        basis_points += payee.basis_points();
        portion = static_cast<std::int64_t>(Wide{amount} * payee.basis_points() / kBasisPointsWhole);
        break;
      case v1::Payee::kRemainder:
        if (!payee.remainder() || remainder >= 0) {
          return Refuse(v1::REASON_INVALID_FIELD, {{"field", field.Field("remainder").Text()}});
        }
        remainder = i;
        break;
      case v1::Payee::SHARE_NOT_SET:
        return Refuse(v1::REASON_MISSING_FIELD, {{"field", field.Field("share").Text()}});
    }
    sum += portion;
    portions.push_back(portion);
  }
  if (remainder >= 0) {
    if (sum >= amount || basis_points >= kBasisPointsWhole) {
      return does_not_add_up();
    }
    portions[static_cast<std::size_t>(remainder)] = static_cast<std::int64_t>(amount - sum);
    return {};
  }
  if (fixed == milestone.payees_size()) {
    return sum == amount ? Check{} : does_not_add_up();
  }
  if (fixed > 0 || basis_points != kBasisPointsWhole) {
    return does_not_add_up();
  }
  std::vector<std::int64_t> weights;
  for (const v1::Payee& payee : milestone.payees()) {
    weights.push_back(payee.basis_points());
  }
  portions = Allocate(amount, weights, rounding);
  return {};
}

Check ComputeFees(const v1::Milestone& milestone, const FieldPath& path, std::vector<std::int64_t>& fees) {
  if (static_cast<std::size_t>(milestone.fees_size()) > kFeesMax) {
    return Refuse(v1::REASON_TOO_MANY_ITEMS, {{"field", path.Field("fees").Text()}, {"max", std::to_string(kFeesMax)}});
  }
  const std::int64_t amount = milestone.amount().minor_units();
  Wide sum = 0;
  for (int i = 0; i < milestone.fees_size(); ++i) {
    const v1::Fee& fee = milestone.fees(i);
    const FieldPath field = path.Element("fees", i);
    ESCROW_RETURN_IF_REFUSED(CheckRequired(fee.beneficiary() != v1::Fee::BENEFICIARY_UNSPECIFIED,
                                           v1::Fee::Beneficiary_IsValid(fee.beneficiary()),
                                           field.Field("beneficiary")));
    switch (fee.rate_case()) {
      case v1::Fee::kMinorUnits:
        if (fee.minor_units() < 1 || fee.minor_units() > kMinorUnitsMax) {
          return Refuse(v1::REASON_AMOUNT_OUT_OF_RANGE, {{"field", field.Field("minor_units").Text()},
                                                         {"minor_units", std::to_string(fee.minor_units())}});
        }
        fees.push_back(fee.minor_units());
        break;
      case v1::Fee::kBasisPoints:
        if (fee.basis_points() < 1 || fee.basis_points() > kBasisPointsWhole) {
          return Refuse(v1::REASON_INVALID_FIELD, {{"field", field.Field("basis_points").Text()}});
        }
        fees.push_back(BasisPointsOf(amount, fee.basis_points()));
        break;
      case v1::Fee::RATE_NOT_SET:
        return Refuse(v1::REASON_MISSING_FIELD, {{"field", field.Field("rate").Text()}});
    }
    sum += fees.back();
  }
  if (sum > amount) {
    return Refuse(v1::REASON_FEES_EXCEED_AMOUNT, {{"field", path.Field("fees").Text()}});
  }
  return {};
}

void FillSchedule(const v1::Milestone& milestone, const v1::Policies& policies, std::vector<std::int64_t> portions,
                  const std::vector<std::int64_t>& fees, v1::Schedule& schedule) {
  const std::int64_t fee_sum = std::accumulate(fees.begin(), fees.end(), std::int64_t{0});
  const bool buyer_bears = policies.fee_bearer() == v1::Policies::FEE_BEARER_BUYER;
  if (!buyer_bears && fee_sum > 0) {
    const std::vector<std::int64_t> deductions = AllocateWithin(fee_sum, portions, policies.rounding());
    for (std::size_t i = 0; i < portions.size(); ++i) {
      portions[i] -= deductions[i];
    }
  }
  schedule.set_required_minor_units(milestone.amount().minor_units() + (buyer_bears ? fee_sum : 0));
  for (int i = 0; i < milestone.payees_size(); ++i) {
    v1::Schedule::Line& line = *schedule.add_lines();
    line.set_account(v1::ACCOUNT_KIND_PAYABLE);
    line.set_party_id(std::string(ParsePartyName(milestone.payees(i).party())->id));
    line.set_minor_units(portions[static_cast<std::size_t>(i)]);
  }
  for (int i = 0; i < milestone.fees_size(); ++i) {
    v1::Schedule::Line& line = *schedule.add_lines();
    line.set_account(milestone.fees(i).beneficiary() == v1::Fee::BENEFICIARY_PLATFORM ? v1::ACCOUNT_KIND_PLATFORM_FEES
                                                                                      : v1::ACCOUNT_KIND_OPERATOR_FEES);
    line.set_minor_units(fees[static_cast<std::size_t>(i)]);
  }
}

Check CheckProtection(const v1::Agreement& agreement, const v1::Milestone& milestone) {
  const bool spot_alone = agreement.milestones_size() == 1 && !milestone.has_delivery_deadline();
  if (milestone.release_on_funding() == milestone.has_release_when() ||
      (milestone.release_on_funding() && !spot_alone)) {
    return Refuse(v1::REASON_PROTECTION_UNCLEAR, {{"milestone_id", milestone.milestone_id()}});
  }
  return {};
}

}  // namespace

Check ValidateMilestone(const v1::Agreement& agreement, int index, base::Currency currency,
                        const v1::Policies& policies, v1::Schedule& schedule) {
  const v1::Milestone& milestone = agreement.milestones(index);
  const FieldPath agreement_path("agreement");
  const FieldPath path = agreement_path.Element("milestones", index);
  ESCROW_RETURN_IF_REFUSED(CheckAmountIn(currency, milestone.amount(), path.Field("amount")));
  ESCROW_RETURN_IF_REFUSED(CheckProtection(agreement, milestone));
  ConditionCheck condition{.agreement = agreement, .requirements = {}};
  if (milestone.has_release_when()) {
    ESCROW_RETURN_IF_REFUSED(condition.Visit(milestone.release_when(), path.Field("release_when"), 1));
  }
  ESCROW_RETURN_IF_REFUSED(CheckTimers(milestone, path, condition));
  ESCROW_RETURN_IF_REFUSED(CheckOpensAfter(agreement, milestone, path));
  ESCROW_RETURN_IF_REFUSED(CheckPayees(agreement, milestone, path));
  std::vector<std::int64_t> portions;
  ESCROW_RETURN_IF_REFUSED(ComputePortions(milestone, path, policies.rounding(), portions));
  std::vector<std::int64_t> fees;
  ESCROW_RETURN_IF_REFUSED(ComputeFees(milestone, path, fees));
  FillSchedule(milestone, policies, std::move(portions), fees, schedule);
  return {};
}

}  // namespace escrow::core
