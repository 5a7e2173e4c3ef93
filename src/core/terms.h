#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/policy.pb.h"

// Terms: what an agreement's rules are apart from its money and its parties. A marketplace makes a million agreements
// with the same terms, so equal terms are kept once and shared (State::terms). Immutable.
namespace escrow::core {

// A timer of the terms; v1::Timer in compact form.
struct TimerTerms {
  v1::Timer::Start start = v1::Timer::START_UNSPECIFIED;  // UNSPECIFIED: no timer
  v1::ConfirmationKind kind = v1::CONFIRMATION_KIND_UNSPECIFIED;
  std::int64_t seconds = 0;  // length; for FIXED_TIME the position in Agreement::fixed_times
  [[nodiscard]] bool set() const { return start != v1::Timer::START_UNSPECIFIED; }
  friend bool operator==(const TimerTerms&, const TimerTerms&) = default;
};

// A requirement, a leaf of the condition tree. Its index is its place among the leaves, depth first.
struct RequirementTerms {
  v1::ConfirmationKind kind = v1::CONFIRMATION_KIND_UNSPECIFIED;
  v1::Role role = v1::ROLE_UNSPECIFIED;
  std::uint32_t evidence_mask = 0;  // bit k: evidence kind k is asked for
  TimerTerms deemed;
  friend bool operator==(const RequirementTerms&, const RequirementTerms&) = default;
};

// A node of the condition tree in depth-first order: a requirement (at_least = 0), or "at least `at_least` of the next
// `children` subtrees". All-of and any-of are at-least-n and at-least-one.
struct ConditionNode {
  std::uint8_t at_least = 0;
  std::uint8_t children = 0;
  friend bool operator==(const ConditionNode&, const ConditionNode&) = default;
};

struct MilestoneTerms {
  std::string id;
  bool release_on_funding = false;
  std::vector<ConditionNode> condition;
  std::vector<RequirementTerms> requirements;
  std::vector<std::uint8_t> opens_after;  // positions of milestones, ascending
  TimerTerms funding_deadline;
  TimerTerms delivery_deadline;
  v1::ConfirmationKind delivery_met_by = v1::CONFIRMATION_KIND_UNSPECIFIED;
  friend bool operator==(const MilestoneTerms&, const MilestoneTerms&) = default;
};

// v1::Policies in compact form: every policy is set.
struct PolicyTerms {
  v1::Policies::Acceptance acceptance{};
  v1::Policies::Funding funding{};
  v1::Policies::PartialDeposit partial_deposit{};
  v1::Policies::Overfunding overfunding{};
  v1::Policies::Underfunding underfunding{};
  std::int64_t underfunding_tolerance = 0;
  v1::Policies::LateFunding late_funding{};
  v1::Policies::MissedMilestone missed_milestone{};
  v1::Policies::EarlyConfirmation early_confirmation{};
  v1::Policies::PartialRelease partial_release{};
  v1::Policies::Rounding rounding{};
  v1::Policies::FeeBearer fee_bearer{};
  v1::Policies::Payout payout{};
  std::int64_t payout_delay_seconds = 0;
  v1::Policies::PartyConsent party_consent{};
  std::int64_t long_stop_seconds = 0;
  v1::Policies::LongStopAction long_stop_action{};
  friend bool operator==(const PolicyTerms&, const PolicyTerms&) = default;
};

struct Terms {
  PolicyTerms policies;
  std::vector<MilestoneTerms> milestones;
  friend bool operator==(const Terms&, const Terms&) = default;
};

// Whether the condition holds when the requirements in `met` (bit per requirement index) are met.
[[nodiscard]] bool ConditionHolds(const std::vector<ConditionNode>& condition, std::uint64_t met);

// The policies with every unset one at its documented default.
[[nodiscard]] v1::Policies WithDefaults(const v1::Policies& asked);

// The terms of an agreement that ValidateAgreement has accepted, under policies that are all set. Its fixed times are
// appended to `fixed_times`, so that agreements which differ in dates only share their terms.
[[nodiscard]] Terms BuildTerms(const v1::Agreement& agreement, const v1::Policies& policies,
                               std::vector<base::Time>& fixed_times);

}  // namespace escrow::core
