#include "core/situation.h"

#include <algorithm>

#include "base/mutant.h"
#include "core/names.h"
#include "core/rules.h"

namespace escrow::core {
namespace {

Check BadName(std::string_view field) { return Refuse(v1::REASON_INVALID_NAME, {{"field", std::string(field)}}); }

Check ReadPlatform(std::string_view name, std::string_view field, Target& target) {
  const auto id = ParsePlatformName(name);
  if (!id) {
    return BadName(field);
  }
  target = {.kind = Target::Kind::kPlatform, .platform_id = *id, .id = {}};
  return {};
}

Check ReadParty(std::string_view name, std::string_view field, Target& target) {
  const auto party = ParsePartyName(name);
  if (!party) {
    return BadName(field);
  }
  target = {.kind = Target::Kind::kParty, .platform_id = party->platform_id, .id = party->id};
  return {};
}

// What a request is about, by the type of its message.
struct TargetReader {
  Target& target;

  Check operator()(const v1::CreatePlatformRequest&) const { return {}; }
  Check operator()(const v1::CreateCredentialRequest&) const { return {}; }
  Check operator()(const v1::RotateSigningKeyRequest&) const { return {}; }
  Check operator()(const v1::CreatePartyRequest& request) const {
    return ReadPlatform(request.parent(), "parent", target);
  }
  Check operator()(const v1::CreateAgreementRequest& request) const {
    return ReadPlatform(request.parent(), "parent", target);
  }
  Check operator()(const v1::RequestPayoutRequest& request) const {
    return ReadPlatform(request.parent(), "parent", target);
  }
  Check operator()(const v1::CommitRecordRequest& request) const {
    return ReadParty(request.parent(), "parent", target);
  }
  Check operator()(const v1::EraseSubjectRequest& request) const { return ReadParty(request.name(), "name", target); }
  Check operator()(const v1::PlaceLegalHoldRequest& request) const { return ReadParty(request.name(), "name", target); }
  Check operator()(const v1::ReleaseLegalHoldRequest& request) const {
    return ReadParty(request.name(), "name", target);
  }
  Check operator()(const v1::AdvanceClockRequest& request) const {
    return ReadPlatform(request.name(), "name", target);
  }
  Check operator()(const v1::RevokeCredentialRequest& request) const {
    const auto id = ParseCredentialName(request.name());
    if (!id) {
      return BadName("name");
    }
    target = {.kind = Target::Kind::kCredential, .platform_id = {}, .id = *id};
    return {};
  }
  template <class Request>
  Check operator()(const Request& request) const {
    constexpr bool kPayout =
        std::is_same_v<Request, v1::SendPayoutRequest> || std::is_same_v<Request, v1::SettlePayoutRequest> ||
        std::is_same_v<Request, v1::FailPayoutRequest> || std::is_same_v<Request, v1::ReturnPayoutRequest>;
    const auto name = kPayout ? ParsePayoutName(request.name()) : ParseAgreementName(request.name());
    if (!name) {
      return BadName("name");
    }
    target = {.kind = kPayout ? Target::Kind::kPayout : Target::Kind::kAgreement,
              .platform_id = name->platform_id,
              .id = name->id};
    return {};
  }
};

std::optional<PlatformSlot> PlatformOf(const State& state, std::string_view name) {
  const auto id = ParsePlatformName(name);
  return id ? state.FindPlatform(*id) : std::nullopt;
}

std::optional<PartySlot> PartyOf(const State& state, std::string_view name) {
  const auto scoped = ParsePartyName(name);
  const auto platform = scoped ? state.FindPlatform(scoped->platform_id) : std::nullopt;
  return platform ? state.FindParty(*platform, scoped->id) : std::nullopt;
}

Refusal Denied(const v1::Principal& actor, v1::Command::PayloadCase payload) {
  return Refuse(v1::REASON_PERMISSION_DENIED,
                {{"method", std::string(MethodOf(payload))}, {"principal", v1::Principal::Kind_Name(actor.kind())}});
}

}  // namespace

Check ReadTarget(const v1::Command& command, Target& target) { return VisitPayload(command, TargetReader{target}); }

Check FindTarget(const Target& target, Situation& situation) {
  const State& state = situation.state;
  if (target.kind == Target::Kind::kNone) {
    return {};
  }
  if (target.kind == Target::Kind::kCredential) {
    situation.credential = state.FindCredential(target.id);
    return situation.credential ? Check{}
                                : Refuse(v1::REASON_CREDENTIAL_NOT_FOUND, {{"credential", CredentialName(target.id)}});
  }
  situation.platform = state.FindPlatform(target.platform_id);
  if (!situation.platform) {
    return Refuse(v1::REASON_PLATFORM_NOT_FOUND, {{"platform", PlatformName(target.platform_id)}});
  }
  if (target.kind == Target::Kind::kParty) {
    situation.party = state.FindParty(*situation.platform, target.id);
    return situation.party ? Check{}
                           : Refuse(v1::REASON_PARTY_NOT_FOUND, {{"party", PartyName(target.platform_id, target.id)}});
  }
  if (target.kind == Target::Kind::kAgreement) {
    situation.agreement = state.FindAgreement(*situation.platform, target.id);
    return situation.agreement
               ? Check{}
               : Refuse(v1::REASON_AGREEMENT_NOT_FOUND, {{"agreement", AgreementName(target.platform_id, target.id)}});
  }
  if (target.kind == Target::Kind::kPayout) {
    situation.payout = state.FindPayout(*situation.platform, target.id);
    if (!situation.payout) {
      return Refuse(v1::REASON_PAYOUT_NOT_FOUND, {{"payout", PayoutName(target.platform_id, target.id)}});
    }
    situation.agreement = state.payout(*situation.payout).agreement;
  }
  return {};
}

Check Authorise(const State& state, const v1::Principal& actor, v1::Command::PayloadCase payload,
                const Target& target) {
  const auto own_platform = [&] {
    // A platform's commands about no platform (credentials) are bounded by their decisions.
    return target.platform_id.empty() || ParsePlatformName(actor.platform()) == target.platform_id ||
           ESCROW_MUTANT(OtherPlatform);
  };
  bool allowed = false;
  switch (ScopeFor(PermissionFor(payload), actor.kind())) {
    case Scope::kNever:
      break;
    case Scope::kAlways:
    case Scope::kOperatorFees:
      allowed = true;
      break;
    case Scope::kOwnPlatform:
    case Scope::kOwnPlatformForParty:
      allowed = own_platform();
      break;
    case Scope::kOwnPlatformOnRail: {
      const auto platform = PlatformOf(state, actor.platform());
      allowed = own_platform() && platform && state.platform(*platform).rail_access;
      break;
    }
    case Scope::kSelf:
    case Scope::kSelfReading: {
      const auto party = ParsePartyName(actor.party());
      allowed = party && party->platform_id == target.platform_id;
      break;
    }
  }
  return allowed ? Check{} : Denied(actor, payload);
}

std::optional<std::uint64_t> PrincipalKey(const State& state, const v1::Principal& actor) {
  const auto key = [&actor](std::uint32_t slot) {
    return std::uint64_t{static_cast<std::uint32_t>(actor.kind())} << 32U | slot;
  };
  switch (actor.kind()) {
    case v1::Principal::KIND_OPERATOR:
      return key(0);
    case v1::Principal::KIND_PLATFORM: {
      const auto platform = PlatformOf(state, actor.platform());
      return platform ? std::optional(key(Index(*platform))) : std::nullopt;
    }
    case v1::Principal::KIND_PARTY: {
      const auto party = PartyOf(state, actor.party());
      return party ? std::optional(key(Index(*party))) : std::nullopt;
    }
    default:  // An auditor asks for nothing.
      return std::nullopt;
  }
}

bool HasRole(const Agreement& agreement, PartySlot party, v1::Role role) {
  return std::ranges::any_of(agreement.participants, [&](const Participant& participant) {
    return participant.party == party && participant.role == role;
  });
}

Check ActingParty(const Situation& situation, std::string_view party_name, std::string_view field, PartySlot& party) {
  const State& state = situation.state;
  const Agreement& agreement = state.agreement(*situation.agreement);
  if (situation.actor.kind() == v1::Principal::KIND_PARTY) {
    if (!party_name.empty() && party_name != situation.actor.party()) {
      return Refuse(v1::REASON_PERMISSION_DENIED, {{"party", std::string(party_name)}});
    }
    party_name = situation.actor.party();
  } else {
    if (party_name.empty()) {
      return Refuse(v1::REASON_MISSING_FIELD, {{"field", std::string(field)}});
    }
    if (state.terms(agreement.terms).policies.party_consent == v1::Policies::PARTY_CONSENT_PARTY_MUST_ACT) {
      return Refuse(v1::REASON_PARTY_MUST_ACT, {{"party", std::string(party_name)}});
    }
  }
  const auto scoped = ParsePartyName(party_name);
  if (!scoped) {
    return BadName(field);
  }
  const bool same_platform = scoped->platform_id == state.platform(agreement.platform).id;
  const auto slot = same_platform ? state.FindParty(agreement.platform, scoped->id) : std::nullopt;
  const bool takes_part =
      slot && std::ranges::find(agreement.participants, *slot, &Participant::party) != agreement.participants.end();
  if (!takes_part) {
    return Refuse(v1::REASON_PARTY_NOT_PARTICIPANT, {{"party", std::string(party_name)}});
  }
  party = *slot;
  return {};
}

}  // namespace escrow::core
