#include "core/validate.h"

#include <algorithm>
#include <string>

#include "core/limits.h"
#include "core/names.h"
#include "core/terms.h"
#include "core/validate_milestone.h"

namespace escrow::core {
namespace {

constexpr std::int64_t kTimeSecondsMax = 9'223'372'036;  // the last whole second that fits into 64 bits of nanoseconds

// An enum that is set must be one of its values; unset takes the default.
#define ESCROW_CHECK_POLICY(name, Type)                                                \
  if (!v1::Policies::Type##_IsValid(policies.name())) {                                \
    return Refuse(v1::REASON_INVALID_FIELD, {{"field", "agreement.policies." #name}}); \
  }                                                                                    \
  static_assert(true)

Check CheckPolicyValues(const v1::Policies& policies) {
  ESCROW_CHECK_POLICY(acceptance, Acceptance);
  ESCROW_CHECK_POLICY(funding, Funding);
  ESCROW_CHECK_POLICY(partial_deposit, PartialDeposit);
  ESCROW_CHECK_POLICY(overfunding, Overfunding);
  ESCROW_CHECK_POLICY(underfunding, Underfunding);
  ESCROW_CHECK_POLICY(late_funding, LateFunding);
  ESCROW_CHECK_POLICY(missed_milestone, MissedMilestone);
  ESCROW_CHECK_POLICY(early_confirmation, EarlyConfirmation);
  ESCROW_CHECK_POLICY(partial_release, PartialRelease);
  ESCROW_CHECK_POLICY(rounding, Rounding);
  ESCROW_CHECK_POLICY(fee_bearer, FeeBearer);
  ESCROW_CHECK_POLICY(payout, Payout);
  ESCROW_CHECK_POLICY(party_consent, PartyConsent);
  ESCROW_CHECK_POLICY(long_stop_action, LongStopAction);
  return {};
}
#undef ESCROW_CHECK_POLICY

Check CheckPolicies(const v1::Policies& policies) {
  ESCROW_RETURN_IF_REFUSED(CheckPolicyValues(policies));
  if (policies.has_payout_delay()) {
    ESCROW_RETURN_IF_REFUSED(
        CheckDuration(policies.payout_delay(), "agreement.policies.payout_delay", 0, kPayoutDelaySecondsMax));
    if (policies.payout_delay().seconds() > 0 && policies.payout() != v1::Policies::PAYOUT_AUTOMATIC) {
      return Refuse(v1::REASON_POLICY_CONFLICT, {{"field", "agreement.policies.payout_delay"}});
    }
  }
  if (policies.has_long_stop()) {
    ESCROW_RETURN_IF_REFUSED(CheckDuration(policies.long_stop(), "agreement.policies.long_stop", 1, kTimerSecondsMax));
  }
  const bool tolerant = policies.underfunding() == v1::Policies::UNDERFUNDING_ACCEPT_WITHIN_TOLERANCE;
  const std::int64_t tolerance = policies.underfunding_tolerance_minor_units();
  if (tolerant ? tolerance < 1 : tolerance != 0) {
    return Refuse(v1::REASON_POLICY_CONFLICT, {{"field", "agreement.policies.underfunding_tolerance_minor_units"}});
  }
  return {};
}

Check CheckParticipants(const v1::Agreement& agreement, std::string_view platform_id) {
  const FieldPath root("agreement");
  const FieldPath field = root.Field("participants");
  if (agreement.participants().empty()) {
    return Refuse(v1::REASON_MISSING_FIELD, {{"field", field.Text()}});
  }
  if (static_cast<std::size_t>(agreement.participants_size()) > kParticipantsMax) {
    return Refuse(v1::REASON_TOO_MANY_ITEMS, {{"field", field.Text()}, {"max", std::to_string(kParticipantsMax)}});
  }
  int buyers = 0;
  int sellers = 0;
  for (int i = 0; i < agreement.participants_size(); ++i) {
    const v1::Participant& participant = agreement.participants(i);
    const FieldPath path = root.Element("participants", i);
    if (participant.role() == v1::ROLE_UNSPECIFIED) {
      return Refuse(v1::REASON_MISSING_FIELD, {{"field", path.Field("role").Text()}});
    }
    if (!v1::Role_IsValid(participant.role())) {
      return Refuse(v1::REASON_INVALID_FIELD, {{"field", path.Field("role").Text()}});
    }
    const std::optional<ScopedName> name = ParsePartyName(participant.party());
    if (!name || name->platform_id != platform_id) {
      return Refuse(v1::REASON_INVALID_NAME, {{"field", path.Field("party").Text()}});
    }
    buyers += participant.role() == v1::ROLE_BUYER ? 1 : 0;
    sellers += participant.role() == v1::ROLE_SELLER ? 1 : 0;
    for (int j = 0; j < i; ++j) {
      const v1::Participant& other = agreement.participants(j);
      if (other.party() != participant.party()) {
        continue;
      }
      if (other.role() == participant.role()) {
        return Refuse(v1::REASON_DUPLICATE_ITEM, {{"field", path.Text()}});
      }
      if (std::min(other.role(), participant.role()) == v1::ROLE_BUYER &&
          std::max(other.role(), participant.role()) == v1::ROLE_SELLER) {
        return Refuse(v1::REASON_POLICY_CONFLICT, {{"field", path.Field("role").Text()}});
      }
    }
  }
  if (buyers == 0 || sellers == 0) {
    return Refuse(v1::REASON_MISSING_FIELD,
                  {{"field", field.Text()}, {"role", buyers == 0 ? "ROLE_BUYER" : "ROLE_SELLER"}});
  }
  if (buyers > 1) {
    return Refuse(v1::REASON_INVALID_FIELD, {{"field", field.Text()}, {"role", "ROLE_BUYER"}});
  }
  return {};
}

Check CheckMilestoneIds(const v1::Agreement& agreement) {
  const FieldPath root("agreement");
  const FieldPath field = root.Field("milestones");
  if (agreement.milestones().empty()) {
    return Refuse(v1::REASON_MISSING_FIELD, {{"field", field.Text()}});
  }
  if (static_cast<std::size_t>(agreement.milestones_size()) > kMilestonesMax) {
    return Refuse(v1::REASON_TOO_MANY_ITEMS, {{"field", field.Text()}, {"max", std::to_string(kMilestonesMax)}});
  }
  std::vector<std::string_view> ids;
  for (int i = 0; i < agreement.milestones_size(); ++i) {
    const std::string& id = agreement.milestones(i).milestone_id();
    const FieldPath milestone = root.Element("milestones", i);
    const FieldPath path = milestone.Field("milestone_id");
    if (!ValidId(id)) {
      return Refuse(v1::REASON_INVALID_NAME, {{"field", path.Text()}});
    }
    if (std::ranges::find(ids, id) != ids.end()) {
      return Refuse(v1::REASON_DUPLICATE_ITEM, {{"field", path.Text()}});
    }
    ids.emplace_back(id);
  }
  return {};
}

// Kahn's algorithm over opens_after, whose ids have been checked.
Check CheckNoCycle(const v1::Agreement& agreement) {
  const auto count = static_cast<std::size_t>(agreement.milestones_size());
  std::vector<bool> reachable(count, false);
  for (std::size_t round = 0; round < count; ++round) {
    bool progress = false;
    for (std::size_t i = 0; i < count; ++i) {
      const auto& waits_for = agreement.milestones(static_cast<int>(i)).opens_after();
      const auto done = [&](const std::string& id) {
        const auto found = std::ranges::find(agreement.milestones(), id, &v1::Milestone::milestone_id);
        return reachable[static_cast<std::size_t>(found - agreement.milestones().begin())];
      };
      if (!reachable[i] && std::ranges::all_of(waits_for, done)) {
        reachable[i] = true;
        progress = true;
      }
    }
    if (!progress) {
      break;
    }
  }
  const auto stuck = std::ranges::find(reachable, false);
  if (stuck == reachable.end()) {
    return {};
  }
  const auto index = static_cast<int>(stuck - reachable.begin());
  return Refuse(v1::REASON_MILESTONE_CYCLE, {{"milestone_id", agreement.milestones(index).milestone_id()}});
}

Check CheckSums(const v1::AgreementCreated& fact) {
  Wide total = 0;
  std::size_t lines = 0;
  for (const v1::Schedule& schedule : fact.schedules()) {
    total += schedule.required_minor_units();
    lines += static_cast<std::size_t>(schedule.lines_size());
  }
  if (total > kMinorUnitsMax) {
    return Refuse(v1::REASON_AMOUNT_OUT_OF_RANGE, {{"field", "agreement.milestones"}});
  }
  if (lines > kScheduleLinesMax) {
    return Refuse(v1::REASON_TOO_MANY_ITEMS,
                  {{"field", "agreement.milestones.payees"}, {"max", std::to_string(kScheduleLinesMax)}});
  }
  const std::int64_t last = fact.schedules(fact.schedules_size() - 1).required_minor_units();
  if (fact.policies().underfunding_tolerance_minor_units() >= last) {
    return Refuse(v1::REASON_POLICY_CONFLICT, {{"field", "agreement.policies.underfunding_tolerance_minor_units"}});
  }
  return {};
}

Check CheckPartiesExist(const State& state, PlatformSlot platform, const v1::Agreement& agreement) {
  for (int i = 0; i < agreement.participants_size(); ++i) {
    const std::optional<ScopedName> name = ParsePartyName(agreement.participants(i).party());
    if (!state.FindParty(platform, name->id)) {
      return Refuse(v1::REASON_PARTY_NOT_FOUND, {{"party", agreement.participants(i).party()}});
    }
  }
  return {};
}

}  // namespace

Check ReadTime(const google::protobuf::Timestamp& timestamp, const FieldPath& field, base::Time& time) {
  const bool valid = timestamp.seconds() >= 0 && timestamp.seconds() < kTimeSecondsMax && timestamp.nanos() >= 0 &&
                     timestamp.nanos() < base::kNsPerSecond && (timestamp.seconds() > 0 || timestamp.nanos() > 0);
  if (!valid) {
    return Refuse(v1::REASON_INVALID_FIELD, {{"field", field.Text()}});
  }
  time = base::Time{timestamp.seconds() * base::kNsPerSecond + timestamp.nanos()};
  return {};
}

Check CheckDuration(const google::protobuf::Duration& duration, const FieldPath& field, std::int64_t min,
                    std::int64_t max) {
  if (duration.nanos() != 0 || duration.seconds() < min || duration.seconds() > max) {
    return Refuse(v1::REASON_INVALID_FIELD, {{"field", field.Text()}});
  }
  return {};
}

Check CheckAmount(const v1::Amount& amount, const FieldPath& field) {
  if (!base::Currency::FromCode(amount.currency_code())) {
    return Refuse(v1::REASON_UNKNOWN_CURRENCY, {{"field", field.Text()}, {"currency_code", amount.currency_code()}});
  }
  if (amount.minor_units() < 1 || amount.minor_units() > kMinorUnitsMax) {
    return Refuse(v1::REASON_AMOUNT_OUT_OF_RANGE,
                  {{"field", field.Text()}, {"minor_units", std::to_string(amount.minor_units())}});
  }
  return {};
}

Check CheckAmountIn(base::Currency currency, const v1::Amount& amount, const FieldPath& field) {
  ESCROW_RETURN_IF_REFUSED(CheckAmount(amount, field));
  if (amount.currency_code() != currency.code()) {
    return Refuse(v1::REASON_CURRENCY_MISMATCH, {{"field", field.Text()},
                                                 {"currency_code", amount.currency_code()},
                                                 {"expected", std::string(currency.code())}});
  }
  return {};
}

Check ValidateContract(std::string_view platform_id, const v1::Agreement& agreement, v1::AgreementCreated& fact) {
  const auto currency = base::Currency::FromCode(agreement.currency_code());
  if (!currency) {
    return Refuse(v1::REASON_UNKNOWN_CURRENCY,
                  {{"field", "agreement.currency_code"}, {"currency_code", agreement.currency_code()}});
  }
  if (!agreement.external_reference().empty() &&
      !ValidReference(agreement.external_reference(), kExternalReferenceBytesMax)) {
    return Refuse(v1::REASON_INVALID_FIELD, {{"field", "agreement.external_reference"}});
  }
  ESCROW_RETURN_IF_REFUSED(CheckParticipants(agreement, platform_id));
  ESCROW_RETURN_IF_REFUSED(CheckPolicies(agreement.policies()));
  *fact.mutable_policies() = WithDefaults(agreement.policies());
  ESCROW_RETURN_IF_REFUSED(CheckMilestoneIds(agreement));
  for (int i = 0; i < agreement.milestones_size(); ++i) {
    ESCROW_RETURN_IF_REFUSED(ValidateMilestone(agreement, i, *currency, fact.policies(), *fact.add_schedules()));
  }
  ESCROW_RETURN_IF_REFUSED(CheckNoCycle(agreement));
  return CheckSums(fact);
}

Check ValidateAgreement(const State& state, PlatformSlot platform, const v1::Agreement& agreement,
                        v1::AgreementCreated& fact) {
  ESCROW_RETURN_IF_REFUSED(ValidateContract(state.platform(platform).id, agreement, fact));
  return CheckPartiesExist(state, platform, agreement);
}

}  // namespace escrow::core
