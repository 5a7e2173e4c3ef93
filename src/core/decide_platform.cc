// Platforms, parties, credentials, clocks.

#include "core/decide.h"
#include "core/names.h"
#include "core/rules.h"
#include "core/validate.h"

namespace escrow::core {
namespace {

Check Denied(const Situation& situation, std::string_view method) {
  return Refuse(v1::REASON_PERMISSION_DENIED,
                {{"method", std::string(method)}, {"principal", v1::Principal::Kind_Name(situation.actor.kind())}});
}

// Whether the actor may give or take a credential of this principal: the operator every, a platform those of its own
// platform.
bool MayManage(const Situation& situation, v1::Principal::Kind kind, std::string_view platform_id) {
  if (situation.actor.kind() == v1::Principal::KIND_OPERATOR) {
    return true;
  }
  return kind != v1::Principal::KIND_OPERATOR && !platform_id.empty() &&
         ParsePlatformName(situation.actor.platform()) == platform_id;
}

std::string_view PlatformIdOf(const v1::Principal& principal) {
  if (principal.kind() == v1::Principal::KIND_PARTY) {
    return ParsePartyName(principal.party())->platform_id;
  }
  return principal.platform().empty() ? std::string_view() : *ParsePlatformName(principal.platform());
}

Check CheckPrincipalExists(const State& state, const v1::Principal& principal) {
  const std::string_view platform_id = PlatformIdOf(principal);
  if (platform_id.empty()) {
    return {};
  }
  const auto platform = state.FindPlatform(platform_id);
  if (!platform) {
    return Refuse(v1::REASON_PLATFORM_NOT_FOUND, {{"platform", PlatformName(platform_id)}});
  }
  if (principal.kind() == v1::Principal::KIND_PARTY &&
      !state.FindParty(*platform, ParsePartyName(principal.party())->id)) {
    return Refuse(v1::REASON_PARTY_NOT_FOUND, {{"party", principal.party()}});
  }
  return {};
}

}  // namespace

Check Decide(const Situation& situation, const v1::CreatePlatformRequest& request, v1::Event& event) {
  if (situation.state.FindPlatform(request.platform_id())) {
    return Refuse(v1::REASON_PLATFORM_EXISTS, {{"platform", PlatformName(request.platform_id())}});
  }
  event.set_platform(PlatformName(request.platform_id()));
  event.mutable_platform_created();
  return {};
}

Check Decide(const Situation& situation, const v1::CreatePartyRequest& request, v1::Event& event) {
  if (situation.state.FindParty(*situation.platform, request.party_id())) {
    return Refuse(v1::REASON_PARTY_EXISTS,
                  {{"party", PartyName(situation.state.platform(*situation.platform).id, request.party_id())}});
  }
  event.mutable_party_created();
  return {};
}

Check Decide(const Situation& situation, const v1::CreateCredentialRequest& request, v1::Event& event) {
  const v1::Credential& credential = request.credential();
  const v1::Principal& principal = credential.principal();
  if (!MayManage(situation, principal.kind(), PlatformIdOf(principal))) {
    return Denied(situation, "CreateCredential");
  }
  ESCROW_RETURN_IF_REFUSED(CheckPrincipalExists(situation.state, principal));
  const std::string& proof =
      credential.has_api_key_sha256() ? credential.api_key_sha256() : credential.certificate_sha256();
  if (situation.state.FindCredential(request.credential_id()) || situation.state.FindProof(proof)) {
    return Refuse(v1::REASON_CREDENTIAL_EXISTS, {{"credential", CredentialName(request.credential_id())}});
  }
  if (const std::string_view platform_id = PlatformIdOf(principal); !platform_id.empty()) {
    event.set_platform(PlatformName(platform_id));
  }
  event.mutable_credential_created();
  return {};
}

Check Decide(const Situation& situation, const v1::RevokeCredentialRequest& request, v1::Event& event) {
  const Credential& credential = situation.state.credential(*situation.credential);
  const std::string platform_id =
      credential.platform ? situation.state.platform(*credential.platform).id : std::string();
  if (!MayManage(situation, credential.kind, platform_id)) {
    return Denied(situation, "RevokeCredential");
  }
  if (credential.revoked) {
    return Refuse(v1::REASON_CREDENTIAL_REVOKED, {{"credential", request.name()}});
  }
  if (!platform_id.empty()) {
    event.set_platform(PlatformName(platform_id));
  }
  event.mutable_credential_revoked();
  return {};
}

Check Decide(const Situation& situation, const v1::RotateSigningKeyRequest& request, v1::Event& event) {
  const std::span<const SigningKey> keys = situation.state.signing_keys();
  if (std::ranges::find(keys, request.verifier_key(), &SigningKey::verifier_key) != keys.end()) {
    return Refuse(v1::REASON_SIGNING_KEY_EXISTS, {{"verifier_key", request.verifier_key()}});
  }
  event.mutable_signing_key_rotated();
  return {};
}

Check Decide(const Situation& situation, const v1::AdvanceClockRequest& request, v1::Event& event) {
  const Platform& platform = situation.state.platform(*situation.platform);
  if (!platform.sandbox) {
    return Refuse(v1::REASON_NOT_A_SANDBOX, {{"platform", request.name()}});
  }
  base::Time time;
  ESCROW_RETURN_IF_REFUSED(ReadTime(request.clock_time(), "clock_time", time));
  if (time < platform.clock) {
    return Refuse(v1::REASON_CLOCK_NOT_MONOTONE, {{"platform", request.name()}});
  }
  event.mutable_clock_advanced();
  return {};
}

}  // namespace escrow::core
