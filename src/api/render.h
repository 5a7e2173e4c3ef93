#pragma once

#include "base/time.h"
#include "core/state.h"
#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/agreement_service.pb.h"
#include "escrow/v1/event.pb.h"
#include "escrow/v1/ledger_service.pb.h"
#include "escrow/v1/payout.pb.h"
#include "escrow/v1/platform.pb.h"

// Resources as messages. What the state holds is rendered from it, on the sequencer's thread; what only the log holds
// (what was asked for in the words of the caller) is added from the event that made it, on any thread.
namespace escrow::api {

// `now` is the log's time.
void Render(const core::State& state, core::PlatformSlot slot, base::Time now, v1::Platform& platform);
void Render(const core::State& state, core::PartySlot slot, base::Time now, v1::Party& party);
void Render(const core::State& state, core::CredentialSlot slot, v1::Credential& credential);
void Render(const core::State& state, core::PayoutSlot slot, v1::Payout& payout);
// Only what changes: AddTerms adds the rest.
void Render(const core::State& state, core::AgreementSlot slot, v1::Agreement& agreement);

// Adds what its creation event holds to a rendered resource. REQUIRES: it is the creation event of this resource.
void AddTerms(const v1::Event& created, v1::Party& party);
void AddTerms(const v1::Event& created, v1::Agreement& agreement);

// The resource that an event of an agreement stands for. `terms` is the agreement with its terms.
void Render(const v1::Event& event, const v1::Agreement& terms, v1::Deposit& deposit);
void Render(const v1::Event& event, const v1::Agreement& terms, v1::Confirmation& confirmation);
void Render(const v1::Event& event, const v1::Agreement& terms, v1::Release& release);
void Render(const v1::Event& event, const v1::Agreement& terms, v1::Refund& refund);

// Whether the event stands for such a resource.
[[nodiscard]] bool IsDeposit(const v1::Event& event);
[[nodiscard]] bool IsConfirmation(const v1::Event& event);
[[nodiscard]] bool IsRelease(const v1::Event& event);
[[nodiscard]] bool IsRefund(const v1::Event& event);

}  // namespace escrow::api
