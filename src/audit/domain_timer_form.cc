#include "audit/domain_timer_form.h"

#include <algorithm>
#include <set>
#include <vector>

#include "audit/clock_time.h"

namespace escrow::audit {
namespace {

constexpr int kNodesMax = 64;
constexpr int kDepthMax = 8;
constexpr int kEvidenceMax = 4;
constexpr std::int64_t kTimerSecondsMax = 3'650LL * 86'400;

struct Tree {
  const v1::Agreement& agreement;
  int nodes = 0;
  std::vector<const v1::Requirement*> requirements;

  [[nodiscard]] Complaint Visit(const v1::Condition& condition, int depth);
  [[nodiscard]] Complaint VisitRequirement(const v1::Requirement& requirement);
  template <class Conditions>
  [[nodiscard]] Complaint VisitAll(const Conditions& conditions, int depth) {
    if (conditions.empty()) {
      return "a condition is empty";
    }
    for (const v1::Condition& child : conditions) {
      if (Complaint wrong = Visit(child, depth + 1)) {
        return wrong;
      }
    }
    return {};
  }
  // Whether a requirement asks for this kind.
  [[nodiscard]] bool Asks(v1::ConfirmationKind kind) const {
    return std::ranges::any_of(requirements, [kind](const auto* requirement) { return requirement->kind() == kind; });
  }
};

Complaint Tree::Visit(const v1::Condition& condition, int depth) {
  if (++nodes > kNodesMax || depth > kDepthMax) {
    return "a condition has more than 64 nodes or 8 levels";
  }
  switch (condition.form_case()) {
    case v1::Condition::kAllOf:
      return VisitAll(condition.all_of().conditions(), depth);
    case v1::Condition::kAnyOf:
      return VisitAll(condition.any_of().conditions(), depth);
    case v1::Condition::kAtLeast:
      if (condition.at_least().count() < 1 || condition.at_least().count() > condition.at_least().conditions_size()) {
        return "a condition asks for none or for more than it has";
      }
      return VisitAll(condition.at_least().conditions(), depth);
    case v1::Condition::kConfirmation:
      return VisitRequirement(condition.confirmation());
    case v1::Condition::FORM_NOT_SET:
      break;
  }
  return "a condition has no form";
}

Complaint Tree::VisitRequirement(const v1::Requirement& requirement) {
  if (!v1::ConfirmationKind_IsValid(requirement.kind()) || requirement.kind() == v1::CONFIRMATION_KIND_UNSPECIFIED) {
    return "a requirement asks for no kind of confirmation";
  }
  if (std::ranges::find(agreement.participants(), requirement.role(), &v1::Participant::role) ==
      agreement.participants().end()) {
    return "a requirement asks for a role that nobody has";
  }
  const bool known = std::ranges::all_of(requirement.evidence(), [](int kind) {
    return v1::EvidenceKind_IsValid(kind) && kind != v1::EVIDENCE_KIND_UNSPECIFIED;
  });
  if (!known || requirement.evidence_size() > kEvidenceMax) {
    return "a requirement asks for no known evidence, or for more than 4 kinds";
  }
  requirements.push_back(&requirement);
  return {};
}

// `own`: the kind that the timer ends with, which cannot start it.
Complaint CheckTimer(const v1::Timer& timer, const Tree& tree, v1::ConfirmationKind own) {
  const bool fixed = timer.start() == v1::Timer::START_FIXED_TIME;
  const bool confirmation = timer.start() == v1::Timer::START_CONFIRMATION_RECORDED;
  if (!v1::Timer::Start_IsValid(timer.start()) || timer.start() == v1::Timer::START_UNSPECIFIED ||
      timer.has_fixed_time() != fixed || timer.has_duration() == fixed ||
      (timer.confirmation_kind() != v1::CONFIRMATION_KIND_UNSPECIFIED) != confirmation) {
    return "a timer has no start, or not what its start needs";
  }
  if (fixed) {
    return IsTime(timer.fixed_time()) ? Complaint() : "the fixed time of a timer is no time";
  }
  if (timer.duration().nanos() != 0 || timer.duration().seconds() < 1 ||
      timer.duration().seconds() > kTimerSecondsMax) {
    return "a timer does not run 1 second to 3,650 days";
  }
  if (confirmation && (timer.confirmation_kind() == own || !tree.Asks(timer.confirmation_kind()))) {
    return "a timer starts with a confirmation that nobody asks for, or with the one that ends it";
  }
  return {};
}

// The kind of the requirement if no other role is asked for it, too.
v1::ConfirmationKind OwnKind(const v1::Requirement& requirement, const Tree& tree) {
  const bool shared = std::ranges::any_of(tree.requirements, [&](const v1::Requirement* other) {
    return other->kind() == requirement.kind() && other->role() != requirement.role();
  });
  return shared ? v1::CONFIRMATION_KIND_UNSPECIFIED : requirement.kind();
}

}  // namespace

Complaint CheckConditionAndTimers(const v1::Agreement& agreement, const v1::Milestone& milestone) {
  Tree tree{.agreement = agreement, .requirements = {}};
  if (milestone.has_release_when()) {
    if (Complaint wrong = tree.Visit(milestone.release_when(), 1)) {
      return wrong;
    }
  }
  if (milestone.has_funding_deadline()) {
    const v1::Timer& timer = milestone.funding_deadline();
    if (Complaint wrong = CheckTimer(timer, tree, v1::CONFIRMATION_KIND_UNSPECIFIED)) {
      return wrong;
    }
    if (timer.start() != v1::Timer::START_FIXED_TIME && timer.start() != v1::Timer::START_AGREEMENT_ACTIVATED) {
      return "a funding deadline starts neither at a fixed time nor with the agreement";
    }
  }
  const v1::ConfirmationKind met_by = milestone.delivery_deadline_met_by();
  if (milestone.has_delivery_deadline() ? !tree.Asks(met_by) : met_by != v1::CONFIRMATION_KIND_UNSPECIFIED) {
    return "a delivery deadline and what meets it do not belong together";
  }
  if (milestone.has_delivery_deadline()) {
    if (Complaint wrong = CheckTimer(milestone.delivery_deadline(), tree, met_by)) {
      return wrong;
    }
  }
  for (const v1::Requirement* requirement : tree.requirements) {
    if (requirement->has_deemed_after()) {
      if (Complaint wrong = CheckTimer(requirement->deemed_after(), tree, OwnKind(*requirement, tree))) {
        return wrong;
      }
    }
  }
  return {};
}

}  // namespace escrow::audit
