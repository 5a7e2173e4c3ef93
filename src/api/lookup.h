#pragma once

#include <string>
#include <string_view>

#include "api/read_call.h"
#include "core/names.h"
#include "core/state.h"
#include "grpcpp/support/status.h"

// Finds what a read asks for, and refuses what its caller may not see. PERMISSION_DENIED comes before NOT_FOUND: who
// may not read a thing is not told whether it exists. On the sequencer's thread, but for those without a View.
namespace escrow::api {

[[nodiscard]] grpc::Status Denied();
// INVALID_NAME of the field.
[[nodiscard]] grpc::Status InvalidName(std::string_view field, std::string_view value);

// Whether the caller may have this event. Waits for the sequencer: on a reader's thread.
[[nodiscard]] grpc::Status CheckEvent(Backend& backend, const Reach& reach, const v1::Event& event);

// Parse a name and check that the caller sees something of its platform.
[[nodiscard]] grpc::Status ParsePlatform(const Caller& caller, std::string_view field, const std::string& name,
                                         std::string_view& platform_id);
[[nodiscard]] grpc::Status ParseParty(const Caller& caller, std::string_view field, const std::string& name,
                                      core::ScopedName& party);
[[nodiscard]] grpc::Status ParseAgreement(const Caller& caller, std::string_view field, const std::string& name,
                                          core::ScopedName& agreement);
[[nodiscard]] grpc::Status ParsePayout(const Caller& caller, std::string_view field, const std::string& name,
                                       core::ScopedName& payout);

[[nodiscard]] grpc::Status FindPlatform(const View& view, std::string_view platform_id, core::PlatformSlot& slot);
[[nodiscard]] grpc::Status FindParty(const View& view, core::ScopedName name, core::PartySlot& slot);
[[nodiscard]] grpc::Status FindAgreement(const View& view, core::ScopedName name, core::AgreementSlot& slot);
[[nodiscard]] grpc::Status FindPayout(const View& view, core::ScopedName name, core::PayoutSlot& slot);
[[nodiscard]] grpc::Status FindCredential(const View& view, std::string_view id, core::CredentialSlot& slot);

// Whether the caller, who sees something of its platform, sees this.
[[nodiscard]] bool Sees(const View& view, const core::Agreement& agreement);
[[nodiscard]] bool Sees(const View& view, const core::Payout& payout);
// Whether the caller sees this, whatever it belongs to.
[[nodiscard]] bool Sees(const View& view, const core::Credential& credential);

// Whether the party takes part in the agreement.
[[nodiscard]] bool TakesPart(const core::Agreement& agreement, core::PartySlot party);

}  // namespace escrow::api
