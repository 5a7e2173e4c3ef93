#include "api/lookup.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "api/refusal.h"

namespace escrow::api {
namespace {

using core::ScopedName;

grpc::Status NotFound(v1::Reason reason, const char* kind, std::string name) {
  return Refuse(reason, {{kind, std::move(name)}});
}

grpc::Status Check(const Caller& caller, std::string_view field, const std::string& name,
                   const std::optional<ScopedName>& parsed, ScopedName& out) {
  if (!parsed) {
    return InvalidName(field, name);
  }
  out = *parsed;
  return caller.reach.Covers(parsed->platform_id) ? grpc::Status::OK : Denied();
}

// The party that the caller is, when he sees only what concerns it.
std::optional<core::PartySlot> Self(const View& view) {
  const Reach& reach = view.caller.reach;
  const auto platform = view.state.FindPlatform(reach.platform_id());
  return platform ? view.state.FindParty(*platform, reach.party_id()) : std::nullopt;
}

}  // namespace

grpc::Status Denied() { return Refuse(v1::REASON_PERMISSION_DENIED); }

grpc::Status InvalidName(std::string_view field, std::string_view value) {
  // What is no name may be anything, of any size: only its beginning goes back.
  return Refuse(v1::REASON_INVALID_NAME, {{"field", std::string(field)}, {"value", Shown(value)}});
}

grpc::Status CheckEvent(Backend& backend, const Reach& reach, const v1::Event& event) {
  if (reach.everything()) {
    return grpc::Status::OK;
  }
  if (event.platform() != core::PlatformName(reach.platform_id())) {
    return Denied();
  }
  if (!reach.party_only()) {
    return grpc::Status::OK;
  }
  const std::vector<const v1::Event*> events = {&event};
  std::vector<bool> concerned;
  const v1::Reason reason =
      backend.participants.Concern(events, core::PartyName(reach.platform_id(), reach.party_id()), concerned);
  if (reason != v1::REASON_UNSPECIFIED) {
    return Refuse(reason);
  }
  return concerned[0] ? grpc::Status::OK : Denied();
}

grpc::Status ParsePlatform(const Caller& caller, std::string_view field, const std::string& name,
                           std::string_view& platform_id) {
  const auto parsed = core::ParsePlatformName(name);
  if (!parsed) {
    return InvalidName(field, name);
  }
  platform_id = *parsed;
  return caller.reach.Covers(platform_id) ? grpc::Status::OK : Denied();
}

grpc::Status ParseParty(const Caller& caller, std::string_view field, const std::string& name, ScopedName& party) {
  const grpc::Status status = Check(caller, field, name, core::ParsePartyName(name), party);
  return status.ok() && !caller.reach.CoversParty(party.id) ? Denied() : status;
}

grpc::Status ParseAgreement(const Caller& caller, std::string_view field, const std::string& name,
                            ScopedName& agreement) {
  return Check(caller, field, name, core::ParseAgreementName(name), agreement);
}

grpc::Status ParsePayout(const Caller& caller, std::string_view field, const std::string& name, ScopedName& payout) {
  return Check(caller, field, name, core::ParsePayoutName(name), payout);
}

grpc::Status FindPlatform(const View& view, std::string_view platform_id, core::PlatformSlot& slot) {
  const auto found = view.state.FindPlatform(platform_id);
  if (!found) {
    return NotFound(v1::REASON_PLATFORM_NOT_FOUND, "platform", core::PlatformName(platform_id));
  }
  slot = *found;
  return grpc::Status::OK;
}

grpc::Status FindParty(const View& view, ScopedName name, core::PartySlot& slot) {
  core::PlatformSlot platform{};
  const grpc::Status status = FindPlatform(view, name.platform_id, platform);
  if (!status.ok()) {
    return status;
  }
  const auto found = view.state.FindParty(platform, name.id);
  if (!found) {
    return NotFound(v1::REASON_PARTY_NOT_FOUND, "party", core::PartyName(name.platform_id, name.id));
  }
  slot = *found;
  return grpc::Status::OK;
}

grpc::Status FindAgreement(const View& view, ScopedName name, core::AgreementSlot& slot) {
  core::PlatformSlot platform{};
  const grpc::Status status = FindPlatform(view, name.platform_id, platform);
  if (!status.ok()) {
    return status;
  }
  const auto found = view.state.FindAgreement(platform, name.id);
  if (view.caller.reach.party_only() && (!found || !Sees(view, view.state.agreement(*found)))) {
    return Denied();
  }
  if (!found) {
    return NotFound(v1::REASON_AGREEMENT_NOT_FOUND, "agreement", core::AgreementName(name.platform_id, name.id));
  }
  slot = *found;
  return grpc::Status::OK;
}

grpc::Status FindPayout(const View& view, ScopedName name, core::PayoutSlot& slot) {
  core::PlatformSlot platform{};
  const grpc::Status status = FindPlatform(view, name.platform_id, platform);
  if (!status.ok()) {
    return status;
  }
  const auto found = view.state.FindPayout(platform, name.id);
  if (view.caller.reach.party_only() && (!found || !Sees(view, view.state.payout(*found)))) {
    return Denied();
  }
  if (!found) {
    return NotFound(v1::REASON_PAYOUT_NOT_FOUND, "payout", core::PayoutName(name.platform_id, name.id));
  }
  slot = *found;
  return grpc::Status::OK;
}

grpc::Status FindCredential(const View& view, std::string_view id, core::CredentialSlot& slot) {
  const auto found = view.state.FindCredential(id);
  if (!view.caller.reach.everything() && (!found || !Sees(view, view.state.credential(*found)))) {
    return Denied();
  }
  if (!found) {
    return NotFound(v1::REASON_CREDENTIAL_NOT_FOUND, "credential", core::CredentialName(id));
  }
  slot = *found;
  return grpc::Status::OK;
}

bool TakesPart(const core::Agreement& agreement, core::PartySlot party) {
  return std::ranges::any_of(agreement.participants,
                             [party](const core::Participant& participant) { return participant.party == party; });
}

bool Sees(const View& view, const core::Agreement& agreement) {
  if (!view.caller.reach.party_only()) {
    return true;
  }
  const auto self = Self(view);
  return self && TakesPart(agreement, *self);
}

bool Sees(const View& view, const core::Payout& payout) {
  if (!view.caller.reach.party_only()) {
    return true;
  }
  const auto self = Self(view);
  return self && payout.party == self;
}

bool Sees(const View& view, const core::Credential& credential) {
  const Reach& reach = view.caller.reach;
  if (reach.everything()) {
    return true;
  }
  const auto platform = credential.party ? view.state.party(*credential.party).platform : credential.platform;
  const bool covered = platform && reach.Covers(view.state.platform(*platform).id);
  return covered && (!reach.party_only() || credential.party == Self(view));
}

}  // namespace escrow::api
