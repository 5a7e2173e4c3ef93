// Platforms, parties, credentials, clocks.

#include "audit/domain_decisions.h"

namespace escrow::audit {
namespace {

constexpr std::size_t kExternalReferenceBytesMax = 128;
constexpr std::size_t kVerifierKeyBytesMax = 512;
constexpr std::size_t kHandoverBytesMax = 4'096;

// The operator gives and takes every credential, a platform those of its own platform.
bool MayManage(const Occasion& occasion, v1::Principal::Kind kind, const std::string& platform_id) {
  return occasion.actor.kind() == v1::Principal::KIND_OPERATOR ||
         (kind != v1::Principal::KIND_OPERATOR && !platform_id.empty() &&
          PlatformIdOfPrincipal(occasion.actor) == platform_id);
}

void SetPlatform(const std::string& platform_id, v1::Event& event) {
  if (!platform_id.empty()) {
    event.set_platform("platforms/" + platform_id);
  }
}

}  // namespace

Complaint Decide(const Occasion& occasion, const v1::CreatePlatformRequest& request, v1::Event& event) {
  const v1::Platform& platform = request.platform();
  if (!IsId(request.platform_id()) || Find(occasion.world.platforms, request.platform_id()) != nullptr) {
    return "platform id '" + request.platform_id() + "' is no id, or exists";
  }
  if (!v1::Platform::RailAccess_IsValid(platform.rail_access())) {
    return "rail_access has a value that is not one";
  }
  if (platform.has_initial_clock_time() && !(platform.sandbox() && IsTime(platform.initial_clock_time()))) {
    return "initial_clock_time is no time, or the platform is no sandbox";
  }
  SetPlatform(request.platform_id(), event);
  event.mutable_platform_created();
  return {};
}

Complaint Decide(const Occasion& occasion, const v1::CreatePartyRequest& request, v1::Event& event) {
  const std::string key = KeyOf(occasion.target.platform_id, request.party_id());
  if (!IsId(request.party_id()) || Find(occasion.world.parties, key) != nullptr) {
    return "party id '" + request.party_id() + "' is no id, or exists";
  }
  const std::string& reference = request.party().external_reference();
  if (!reference.empty() && !IsReference(reference, kExternalReferenceBytesMax)) {
    return "external_reference is not 1 to 128 bytes of printable ASCII";
  }
  event.mutable_party_created();
  return {};
}

Complaint Decide(const Occasion& occasion, const v1::CreateCredentialRequest& request, v1::Event& event) {
  const v1::Principal& principal = request.credential().principal();
  if (NameOf(principal).empty()) {
    return "the credential's principal does not have the form of its kind";
  }
  const std::string platform_id = PlatformIdOfPrincipal(principal);
  if (!MayManage(occasion, principal.kind(), platform_id)) {
    return "the actor may not give a credential to this principal";
  }
  if (!platform_id.empty() && Find(occasion.world.platforms, platform_id) == nullptr) {
    return "the platform of the credential's principal does not exist";
  }
  if (const auto party = ScopedIdOf(principal.party(), "parties");
      party && Find(occasion.world.parties, KeyOf(party->platform, party->id)) == nullptr) {
    return "the party of the credential's principal does not exist";
  }
  const std::string& proof = request.credential().has_api_key_sha256() ? request.credential().api_key_sha256()
                                                                       : request.credential().certificate_sha256();
  if (proof.size() != 32 || occasion.world.proofs.contains(proof)) {
    return "the credential's proof is no SHA-256, or is in use";
  }
  if (!IsId(request.credential_id()) || Find(occasion.world.credentials, request.credential_id()) != nullptr) {
    return "credential id '" + request.credential_id() + "' is no id, or exists";
  }
  SetPlatform(platform_id, event);
  event.mutable_credential_created();
  return {};
}

Complaint Decide(const Occasion& occasion, const v1::RevokeCredentialRequest& request, v1::Event& event) {
  const Credential* credential = Find(occasion.world.credentials, occasion.target.id);
  if (credential == nullptr || credential->revoked) {
    return request.name() + " does not exist, or has been revoked before";
  }
  if (!MayManage(occasion, credential->kind, credential->platform_id)) {
    return "the actor may not revoke this credential";
  }
  SetPlatform(credential->platform_id, event);
  event.mutable_credential_revoked();
  return {};
}

// What the handover says is a matter of signatures (key_history.h).
Complaint Decide(const Occasion& occasion, const v1::RotateSigningKeyRequest& request, v1::Event& event) {
  if (!IsReference(request.verifier_key(), kVerifierKeyBytesMax) ||
      occasion.world.signing_keys.contains(request.verifier_key())) {
    return "signing key '" + request.verifier_key() + "' is none, or took over before";
  }
  if (request.handover().empty() || request.handover().size() > kHandoverBytesMax) {
    return "the handover is not 1 to 4,096 bytes";
  }
  event.mutable_signing_key_rotated();
  return {};
}

Complaint Decide(const Occasion& occasion, const v1::AdvanceClockRequest& request, v1::Event& event) {
  const Platform& platform = occasion.world.platforms.at(occasion.target.platform_id);
  if (!platform.sandbox) {
    return "the clock of a platform that is no sandbox was moved";
  }
  if (!IsTime(request.clock_time()) || NanosOf(request.clock_time()) < platform.clock) {
    return "a sandbox's clock was moved to no time, or back";
  }
  event.mutable_clock_advanced();
  return {};
}

}  // namespace escrow::audit
