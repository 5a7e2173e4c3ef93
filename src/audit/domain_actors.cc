#include "audit/domain_actors.h"

#include <algorithm>

namespace escrow::audit {
namespace {

// A string field of the command's payload; empty when the payload has none of this name.
std::string FieldOf(const v1::Command& command, const char* name) {
  const auto* payload = v1::Command::descriptor()->FindFieldByNumber(static_cast<int>(command.payload_case()));
  if (payload == nullptr) {
    return {};
  }
  const auto& request = v1::Command::GetReflection()->GetMessage(command, payload);
  const auto* field = request.GetDescriptor()->FindFieldByName(name);
  return field == nullptr ? std::string() : request.GetReflection()->GetString(request, field);
}

bool IsAboutPayout(v1::Command::PayloadCase payload) {
  return payload == v1::Command::kSendPayout || payload == v1::Command::kSettlePayout ||
         payload == v1::Command::kFailPayout || payload == v1::Command::kReturnPayout;
}

bool MayAct(std::string_view scope, const v1::Principal& actor, const Target& target, const World& world) {
  const std::string own = PlatformIdOfPrincipal(actor);
  // A platform's commands about no platform (credentials) are bounded by what they are about.
  const bool own_platform = target.platform_id.empty() || target.platform_id == own;
  if (scope == "always" || scope == "operator-fees") {
    return true;
  }
  if (scope == "own-platform" || scope == "own-platform-for-party") {
    return own_platform;
  }
  if (scope == "own-platform-on-rail") {
    const Platform* platform = Find(world.platforms, own);
    return own_platform && platform != nullptr && platform->rail_access;
  }
  return scope == "self" && target.platform_id == own;
}

}  // namespace

std::optional<Target> TargetOf(const v1::Command& command) {
  const auto scoped = [](const std::string& name, const char* collection, Target::Kind kind) -> std::optional<Target> {
    const auto found = ScopedIdOf(name, collection);
    return found ? std::optional(
                       Target{.kind = kind, .platform_id = std::string(found->platform), .id = std::string(found->id)})
                 : std::nullopt;
  };
  const auto platform = [](const std::string& name) -> std::optional<Target> {
    const std::string id(PlatformIdOf(name));
    return id.empty() ? std::nullopt
                      : std::optional(Target{.kind = Target::Kind::kPlatform, .platform_id = id, .id = {}});
  };
  switch (command.payload_case()) {
    case v1::Command::PAYLOAD_NOT_SET:
      return std::nullopt;
    case v1::Command::kCreatePlatform:
    case v1::Command::kCreateCredential:
    case v1::Command::kRotateSigningKey:
      return Target{};
    case v1::Command::kCreateParty:
    case v1::Command::kCreateAgreement:
    case v1::Command::kRequestPayout:
      return platform(FieldOf(command, "parent"));
    case v1::Command::kAdvanceClock:
      return platform(command.advance_clock().name());
    case v1::Command::kCommitRecord:
      return scoped(command.commit_record().parent(), "parties", Target::Kind::kParty);
    case v1::Command::kEraseSubject:
    case v1::Command::kPlaceLegalHold:
    case v1::Command::kReleaseLegalHold:
      return scoped(FieldOf(command, "name"), "parties", Target::Kind::kParty);
    case v1::Command::kRevokeCredential: {
      const std::string id(CredentialIdOf(command.revoke_credential().name()));
      return id.empty() ? std::nullopt
                        : std::optional(Target{.kind = Target::Kind::kCredential, .platform_id = {}, .id = id});
    }
    default:
      return IsAboutPayout(command.payload_case())
                 ? scoped(FieldOf(command, "name"), "payouts", Target::Kind::kPayout)
                 : scoped(FieldOf(command, "name"), "agreements", Target::Kind::kAgreement);
  }
}

std::string RequestIdOf(const v1::Command& command) { return FieldOf(command, "request_id"); }

std::string NameOf(const v1::Principal& principal) {
  const bool platform = !PlatformIdOf(principal.platform()).empty();
  const bool party = ScopedIdOf(principal.party(), "parties").has_value();
  switch (principal.kind()) {
    case v1::Principal::KIND_OPERATOR:
      return principal.platform().empty() && principal.party().empty() ? "operator" : "";
    case v1::Principal::KIND_PLATFORM:
      return platform && principal.party().empty() ? principal.platform() : "";
    case v1::Principal::KIND_PARTY:
      return party && principal.platform().empty() ? principal.party() : "";
    case v1::Principal::KIND_AUDITOR:
      return (platform || principal.platform().empty()) && principal.party().empty() ? "auditor" + principal.platform()
                                                                                     : "";
    default:
      return {};
  }
}

std::string PlatformIdOfPrincipal(const v1::Principal& principal) {
  if (principal.kind() == v1::Principal::KIND_PARTY) {
    const auto party = ScopedIdOf(principal.party(), "parties");
    return party ? std::string(party->platform) : std::string();
  }
  return std::string(PlatformIdOf(principal.platform()));
}

Complaint CheckActor(const v1::Principal& actor, const v1::Command& command, const Target& target, const World& world,
                     const RuleTables& tables) {
  const std::string name = NameOf(actor);
  if (name.empty()) {
    return "actor is no principal";
  }
  if (const auto party = ScopedIdOf(actor.party(), "parties");
      party && Find(world.parties, KeyOf(party->platform, party->id)) == nullptr) {
    return "actor " + name + " does not exist";
  }
  if (const std::string platform = PlatformIdOfPrincipal(actor);
      !platform.empty() && Find(world.platforms, platform) == nullptr) {
    return "actor " + name + " does not exist";
  }
  const std::string method(MethodOf(command));
  const std::string_view scope = tables.ScopeOf(method, actor.kind());
  return MayAct(scope, actor, target, world)
             ? Complaint()
             : name + " may not call " + method + " on this (scope: " + std::string(scope) + ")";
}

bool HasRole(const AgreementNow& agreement, const std::string& party_id, v1::Role role) {
  return std::ranges::any_of(agreement.terms->participants(), [&](const v1::Participant& participant) {
    const auto party = ScopedIdOf(participant.party(), "parties");
    return participant.role() == role && party && party->id == party_id;
  });
}

Complaint FindActingParty(const v1::Principal& actor, const std::string& named, const AgreementNow& agreement,
                          std::string& party_id) {
  std::string name = named;
  if (actor.kind() == v1::Principal::KIND_PARTY) {
    if (!named.empty() && named != actor.party()) {
      return actor.party() + " may not act for " + named;
    }
    name = actor.party();
  } else if (agreement.policies.party_consent() == v1::Policies::PARTY_CONSENT_PARTY_MUST_ACT) {
    return "the agreement demands the party's own credential";
  }
  const auto takes_part = [&](const v1::Participant& participant) { return participant.party() == name; };
  if (name.empty() || std::ranges::none_of(agreement.terms->participants(), takes_part)) {
    return "party '" + name + "' does not take part in the agreement";
  }
  party_id = ScopedIdOf(name, "parties")->id;
  return {};
}

}  // namespace escrow::audit
