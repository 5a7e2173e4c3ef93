#include "audit/domain_agreement.h"

#include <algorithm>
#include <set>
#include <string>

#include "audit/domain_shares.h"
#include "audit/domain_timer_form.h"
#include "base/currency.h"
#include "base/wide.h"

namespace escrow::audit {
namespace {

constexpr int kParticipantsMax = 32;
constexpr int kMilestonesMax = 100;
constexpr int kPayeesMax = 32;
constexpr int kFeesMax = 8;
constexpr int kScheduleLinesMax = 384;
constexpr std::size_t kExternalReferenceBytesMax = 128;
constexpr std::int64_t kDaySeconds = 86'400;
constexpr std::int64_t kTimerSecondsMax = 3'650 * kDaySeconds;
constexpr std::int64_t kPayoutDelaySecondsMax = 365 * kDaySeconds;
constexpr std::int64_t kLongStopSecondsDefault = 365 * kDaySeconds;

Complaint CheckParticipants(const v1::Agreement& agreement, const std::string& platform_id, const World& world) {
  if (agreement.participants_size() > kParticipantsMax) {
    return "the agreement has more than 32 participants";
  }
  std::set<std::pair<std::string, v1::Role>> seen;
  int buyers = 0;
  int sellers = 0;
  for (const v1::Participant& participant : agreement.participants()) {
    const auto party = ScopedIdOf(participant.party(), "parties");
    if (!party || party->platform != platform_id || Find(world.parties, KeyOf(party->platform, party->id)) == nullptr) {
      return "participant '" + participant.party() + "' is no party of the platform";
    }
    if (!v1::Role_IsValid(participant.role()) || participant.role() == v1::ROLE_UNSPECIFIED) {
      return "participant " + participant.party() + " has no role";
    }
    if (!seen.emplace(participant.party(), participant.role()).second) {
      return "participant " + participant.party() + " has a role twice";
    }
    buyers += participant.role() == v1::ROLE_BUYER ? 1 : 0;
    sellers += participant.role() == v1::ROLE_SELLER ? 1 : 0;
    if (seen.contains({participant.party(), v1::ROLE_BUYER}) && seen.contains({participant.party(), v1::ROLE_SELLER})) {
      return participant.party() + " is buyer and seller";
    }
  }
  return buyers == 1 && sellers >= 1 ? Complaint() : "the agreement has not one buyer and at least one seller";
}

// A policy that is not set takes the first value of its enum, as policy.proto documents.
Complaint FillPolicies(const v1::Policies& asked, v1::Policies& policies) {
  policies = asked;
  const auto* reflection = v1::Policies::GetReflection();
  const auto* descriptor = v1::Policies::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    if (field->enum_type() == nullptr) {
      continue;
    }
    const int value = reflection->GetEnumValue(policies, field);
    if (field->enum_type()->FindValueByNumber(value) == nullptr) {
      return "policy " + field->name() + " has a value that is not one";
    }
    if (value == 0) {
      reflection->SetEnumValue(&policies, field, 1);
    }
  }
  if (!policies.has_long_stop()) {
    policies.mutable_long_stop()->set_seconds(kLongStopSecondsDefault);
  }
  const auto within = [](const google::protobuf::Duration& duration, std::int64_t min, std::int64_t max) {
    return duration.nanos() == 0 && duration.seconds() >= min && duration.seconds() <= max;
  };
  if (!within(policies.long_stop(), 1, kTimerSecondsMax)) {
    return "the long stop is not 1 second to 3,650 days";
  }
  const bool automatic = policies.payout() == v1::Policies::PAYOUT_AUTOMATIC;
  if (!within(policies.payout_delay(), 0, automatic ? kPayoutDelaySecondsMax : 0)) {
    return "the payout delay is not 0 to 365 days of an automatic payout";
  }
  const bool tolerant = policies.underfunding() == v1::Policies::UNDERFUNDING_ACCEPT_WITHIN_TOLERANCE;
  const std::int64_t tolerance = policies.underfunding_tolerance_minor_units();
  return tolerant ? (tolerance >= 1 ? Complaint() : "the tolerance of underfunding is not positive")
                  : (tolerance == 0 ? Complaint() : "a tolerance of underfunding without its policy");
}

Complaint CheckPayees(const v1::Agreement& agreement, const v1::Milestone& milestone) {
  if (milestone.payees().empty() || milestone.payees_size() > kPayeesMax || milestone.fees_size() > kFeesMax) {
    return "a milestone has not 1 to 32 payees and at most 8 fees";
  }
  std::set<std::string> seen;
  for (const v1::Payee& payee : milestone.payees()) {
    const bool takes_part = std::ranges::any_of(agreement.participants(), [&](const v1::Participant& participant) {
      return participant.party() == payee.party() && participant.role() != v1::ROLE_BUYER;
    });
    if (!takes_part || !seen.insert(payee.party()).second) {
      return "payee '" + payee.party() + "' is no participant who may be paid, or is named twice";
    }
  }
  return {};
}

// Ids, what waits for what, and that nothing waits for itself.
Complaint CheckOrder(const v1::Agreement& agreement) {
  std::set<std::string> ids;
  for (const v1::Milestone& milestone : agreement.milestones()) {
    if (!IsId(milestone.milestone_id()) || !ids.insert(milestone.milestone_id()).second) {
      return "milestone id '" + milestone.milestone_id() + "' is no id, or is used twice";
    }
  }
  std::set<std::string> reachable;
  for (int round = 0; round < agreement.milestones_size(); ++round) {
    for (const v1::Milestone& milestone : agreement.milestones()) {
      if (std::ranges::all_of(milestone.opens_after(), [&](const std::string& id) { return reachable.contains(id); })) {
        reachable.insert(milestone.milestone_id());
      }
    }
  }
  for (const v1::Milestone& milestone : agreement.milestones()) {
    const std::set<std::string> others(milestone.opens_after().begin(), milestone.opens_after().end());
    if (!reachable.contains(milestone.milestone_id()) ||
        others.size() != static_cast<std::size_t>(milestone.opens_after_size())) {
      return "milestone " + milestone.milestone_id() + " waits for one that can never end, or is named twice";
    }
  }
  return {};
}

Complaint CheckMilestone(const v1::Agreement& agreement, const v1::Milestone& milestone) {
  if (!IsAmountIn(agreement.currency_code(), milestone.amount())) {
    return "its amount is not 1 to 10^15 in the agreement's currency";
  }
  const bool spot_alone = agreement.milestones_size() == 1 && !milestone.has_delivery_deadline();
  if (milestone.release_on_funding() == milestone.has_release_when() ||
      (milestone.release_on_funding() && !spot_alone)) {
    return "it needs either a condition or to be the only one, released on funding";
  }
  if (Complaint wrong = CheckConditionAndTimers(agreement, milestone)) {
    return wrong;
  }
  return CheckPayees(agreement, milestone);
}

MilestoneNow BeginMilestone(const v1::Milestone& terms, const v1::Schedule& schedule) {
  MilestoneNow milestone;
  milestone.required = schedule.required_minor_units();
  for (const v1::Schedule::Line& line : schedule.lines()) {
    milestone.lines.push_back(
        {.account = line.account(), .party_id = line.party_id(), .amount = line.minor_units(), .released = 0});
  }
  if (terms.has_release_when()) {
    AddRequirements(terms.release_when(), milestone.requirements);
  }
  milestone.met_by.resize(milestone.requirements.size());
  return milestone;
}

}  // namespace

void AddRequirements(const v1::Condition& condition, std::vector<const v1::Requirement*>& requirements) {
  const auto add_all = [&requirements](const auto& conditions) {
    for (const v1::Condition& child : conditions) {
      AddRequirements(child, requirements);
    }
  };
  add_all(condition.all_of().conditions());
  add_all(condition.any_of().conditions());
  add_all(condition.at_least().conditions());
  if (condition.has_confirmation()) {
    requirements.push_back(&condition.confirmation());
  }
}

bool IsAmountIn(const std::string& currency, const v1::Amount& amount) {
  return amount.currency_code() == currency && amount.minor_units() >= 1 && amount.minor_units() <= kMinorUnitsMax;
}

Complaint FillCreated(const v1::Agreement& agreement, const std::string& platform_id, const World& world,
                      v1::AgreementCreated& fact) {
  if (!base::Currency::FromCode(agreement.currency_code())) {
    return "'" + agreement.currency_code() + "' is no currency of ISO 4217 with a minor unit";
  }
  if (!agreement.external_reference().empty() &&
      !IsReference(agreement.external_reference(), kExternalReferenceBytesMax)) {
    return "external_reference is not 1 to 128 bytes of printable ASCII";
  }
  if (Complaint wrong = CheckParticipants(agreement, platform_id, world)) {
    return wrong;
  }
  if (Complaint wrong = FillPolicies(agreement.policies(), *fact.mutable_policies())) {
    return wrong;
  }
  if (agreement.milestones().empty() || agreement.milestones_size() > kMilestonesMax) {
    return "the agreement has not 1 to 100 milestones";
  }
  if (Complaint wrong = CheckOrder(agreement)) {
    return wrong;
  }
  base::Wide total = 0;
  int lines = 0;
  for (const v1::Milestone& milestone : agreement.milestones()) {
    v1::Schedule& schedule = *fact.add_schedules();
    Complaint wrong = CheckMilestone(agreement, milestone);
    if (!wrong) {
      wrong = FillSchedule(milestone, fact.policies(), schedule);
    }
    if (wrong) {
      return "milestone " + milestone.milestone_id() + ": " + *wrong;
    }
    total += schedule.required_minor_units();
    lines += schedule.lines_size();
  }
  if (total > kMinorUnitsMax || lines > kScheduleLinesMax) {
    return "the milestones ask for more than 10^15 in all, or have more than 384 payees and fees";
  }
  const std::int64_t last = fact.schedules().rbegin()->required_minor_units();
  return fact.policies().underfunding_tolerance_minor_units() < last
             ? Complaint()
             : "the tolerance of underfunding is not less than the last milestone";
}

AgreementNow BeginAgreement(const v1::CreateAgreementRequest& request, const v1::AgreementCreated& fact,
                            const std::string& platform_id) {
  AgreementNow agreement;
  agreement.platform = request.parent();
  agreement.platform_id = platform_id;
  agreement.id = request.agreement_id();
  agreement.currency = request.agreement().currency_code();
  agreement.policies = fact.policies();
  agreement.terms = std::make_unique<const v1::Agreement>(request.agreement());
  for (const v1::Participant& participant : request.agreement().participants()) {
    if (participant.role() == v1::ROLE_BUYER) {
      agreement.buyer_id = ScopedIdOf(participant.party(), "parties")->id;
    }
  }
  for (int i = 0; i < agreement.terms->milestones_size(); ++i) {
    agreement.milestones.push_back(BeginMilestone(agreement.terms->milestones(i), fact.schedules(i)));
  }
  return agreement;
}

}  // namespace escrow::audit
