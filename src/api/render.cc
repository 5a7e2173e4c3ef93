#include "api/render.h"

#include <algorithm>
#include <string>

#include "api/stored.h"
#include "base/assert.h"
#include "core/names.h"

namespace escrow::api {
namespace {

void SetAmount(base::Currency currency, std::int64_t minor_units, v1::Amount& amount) {
  amount.set_currency_code(std::string(currency.code()));
  amount.set_minor_units(minor_units);
}

std::string NameOf(const core::State& state, core::PartySlot slot) {
  const core::Party& party = state.party(slot);
  return core::PartyName(state.platform(party.platform).id, party.id);
}

std::string NameOf(const core::State& state, core::AgreementSlot slot) {
  const core::Agreement& agreement = state.agreement(slot);
  return core::AgreementName(state.platform(agreement.platform).id, agreement.id);
}

// The parties whose participant's bit is set, each once.
void AddParties(const core::State& state, const core::Agreement& held, std::uint32_t mask,
                google::protobuf::RepeatedPtrField<std::string>& names) {
  for (std::size_t i = 0; i < held.participants.size(); ++i) {
    if ((mask >> i & 1U) == 0) {
      continue;
    }
    std::string name = NameOf(state, held.participants[i].party);
    if (std::ranges::find(names, name) == names.end()) {
      *names.Add() = std::move(name);
    }
  }
}

void RenderTotals(const core::Agreement& held, v1::Agreement::Totals& totals) {
  totals.set_deposited(held.deposited);
  totals.set_reversed(held.reversed);
  totals.set_held(held.held());
  totals.set_released(held.released);
  totals.set_refunded(held.refunded);
  totals.set_fees(held.fees);
  totals.set_unallocated(held.unallocated);
  totals.set_debt(held.debt);
}

// The enumerator's name without its prefix.
std::string Word(const std::string& name, std::string_view prefix) { return name.substr(prefix.size()); }

// What went back to the buyer in an event of several postings.
std::int64_t RefundedIn(const v1::Event& event) {
  std::int64_t sum = 0;
  for (const v1::Posting& posting : event.postings()) {
    sum += posting.account() == v1::ACCOUNT_KIND_REFUNDABLE ? posting.minor_units() : 0;
  }
  return sum;
}

std::string ChildName(const v1::Agreement& terms, std::string_view collection, std::string_view id) {
  return terms.name() + "/" + std::string(collection) + "/" + std::string(id);
}

const std::string& MilestoneId(const v1::Agreement& terms, std::uint32_t index) {
  ESCROW_ASSERT(index < static_cast<std::uint32_t>(terms.milestones_size()));
  return terms.milestones(static_cast<int>(index)).milestone_id();
}

}  // namespace

void Render(const core::State& state, core::PlatformSlot slot, base::Time now, v1::Platform& platform) {
  const core::Platform& held = state.platform(slot);
  platform.set_name(core::PlatformName(held.id));
  platform.set_sandbox(held.sandbox);
  platform.set_rail_access(held.rail_access ? v1::Platform::RAIL_ACCESS_PLATFORM : v1::Platform::RAIL_ACCESS_OPERATOR);
  SetTime(state.EffectiveTime(slot, now), *platform.mutable_clock_time());
  SetTime(held.create_time, *platform.mutable_create_time());
}

void Render(const core::State& state, core::PartySlot slot, base::Time now, v1::Party& party) {
  const core::Party& held = state.party(slot);
  party.set_name(NameOf(state, slot));
  SetTime(held.create_time, *party.mutable_create_time());
  party.set_erased(held.erased);
  for (const core::LegalHold& hold : held.legal_holds) {
    if (!hold.released) {
      v1::LegalHold& shown = *party.add_legal_holds();
      shown.set_legal_hold_id(hold.id);
      shown.set_reference(hold.reference);
      if (hold.end) {
        SetTime(*hold.end, *shown.mutable_end_time());
      }
      shown.set_in_force(hold.InForce(state.EffectiveTime(held.platform, now)));
      shown.set_sequence(static_cast<std::int64_t>(hold.create_sequence));
    }
  }
}

void Render(const core::State& state, core::CredentialSlot slot, v1::Credential& credential) {
  const core::Credential& held = state.credential(slot);
  credential.set_name(core::CredentialName(held.id));
  v1::Principal& principal = *credential.mutable_principal();
  principal.set_kind(held.kind);
  if (held.party) {
    principal.set_party(NameOf(state, *held.party));
  } else if (held.platform) {
    principal.set_platform(core::PlatformName(state.platform(*held.platform).id));
  }
  if (held.certificate) {
    credential.set_certificate_sha256(held.sha256);
  } else {
    credential.set_api_key_sha256(held.sha256);
  }
  credential.set_revoked(held.revoked);
}

void Render(const core::State& state, core::PayoutSlot slot, v1::Payout& payout) {
  const core::Payout& held = state.payout(slot);
  payout.set_name(core::PayoutName(state.platform(held.platform).id, held.id));
  payout.set_source(held.source);
  if (held.party) {
    payout.set_party(NameOf(state, *held.party));
  }
  SetAmount(held.currency, held.amount, *payout.mutable_amount());
  if (held.agreement) {
    payout.set_agreement(NameOf(state, *held.agreement));
  }
  payout.set_state(held.state);
  SetTime(held.create_time, *payout.mutable_create_time());
  SetTime(held.update_time, *payout.mutable_update_time());
}

void Render(const core::State& state, core::AgreementSlot slot, v1::Agreement& agreement) {
  const core::Agreement& held = state.agreement(slot);
  agreement.set_name(NameOf(state, slot));
  agreement.set_state(held.state);
  RenderTotals(held, *agreement.mutable_totals());
  SetTime(held.create_time, *agreement.mutable_create_time());
  SetTime(held.update_time, *agreement.mutable_update_time());
  agreement.set_etag("\"" + std::to_string(held.last_sequence) + "\"");
  agreement.set_create_sequence(static_cast<std::int64_t>(held.create_sequence));
  AddParties(state, held, held.consented_mask, *agreement.mutable_cancellation_consents());
  AddParties(state, held, held.accepted_mask, *agreement.mutable_acceptances());
  for (const core::Milestone& step : held.milestones) {
    v1::Milestone& milestone = *agreement.add_milestones();
    milestone.set_state(step.state);
    SetAmount(held.currency, step.required, *milestone.mutable_required());
    SetAmount(held.currency, step.held, *milestone.mutable_held());
    SetAmount(held.currency, step.released, *milestone.mutable_released());
    SetAmount(held.currency, step.refunded, *milestone.mutable_refunded());
  }
}

void AddTerms(const v1::Event& created, v1::Party& party) {
  ESCROW_ASSERT(created.has_party_created());
  party.set_external_reference(created.command().create_party().party().external_reference());
}

void AddTerms(const v1::Event& created, v1::Agreement& agreement) {
  ESCROW_ASSERT(created.has_agreement_created());
  const v1::Agreement& asked = created.command().create_agreement().agreement();
  ESCROW_ASSERT(asked.milestones_size() == agreement.milestones_size());
  agreement.set_currency_code(asked.currency_code());
  *agreement.mutable_participants() = asked.participants();
  *agreement.mutable_policies() = created.agreement_created().policies();
  agreement.set_external_reference(asked.external_reference());
  for (int i = 0; i < asked.milestones_size(); ++i) {
    const v1::Milestone& step = asked.milestones(i);
    v1::Milestone merged = step;
    merged.clear_state();
    merged.clear_required();
    merged.clear_held();
    merged.clear_released();
    merged.clear_refunded();
    merged.MergeFrom(agreement.milestones(i));
    *agreement.mutable_milestones(i) = std::move(merged);
    agreement.set_unprotected(agreement.unprotected() || step.release_on_funding());
  }
}

bool IsDeposit(const v1::Event& event) { return event.has_deposit_recorded(); }

bool IsConfirmation(const v1::Event& event) {
  return event.has_confirmation_recorded() || event.has_confirmation_deemed();
}

bool IsRelease(const v1::Event& event) { return event.has_milestone_released(); }

bool IsRefund(const v1::Event& event) {
  return event.has_milestone_refunded() || event.has_unallocated_returned() ||
         (event.has_agreement_closed() && RefundedIn(event) != 0);
}

void Render(const v1::Event& event, const v1::Agreement& terms, v1::Deposit& deposit) {
  const v1::RecordDepositRequest& asked = event.command().record_deposit();
  deposit.set_name(ChildName(terms, "deposits", asked.deposit_id()));
  *deposit.mutable_amount() = asked.amount();
  deposit.set_payment_method(asked.payment_method());
  deposit.set_late(event.deposit_recorded().late());
  *deposit.mutable_create_time() = EffectiveTimeOf(event);
  deposit.set_sequence(static_cast<std::int64_t>(event.sequence()));
}

void Render(const v1::Event& event, const v1::Agreement& terms, v1::Confirmation& confirmation) {
  confirmation.set_name(ChildName(terms, "confirmations", std::to_string(event.sequence())));
  if (event.has_confirmation_deemed()) {
    const v1::ConfirmationDeemed& fact = event.confirmation_deemed();
    confirmation.set_milestone_id(MilestoneId(terms, fact.milestone_index()));
    confirmation.set_kind(fact.kind());
    confirmation.set_role(fact.role());
    confirmation.set_deemed(true);
    *confirmation.mutable_occur_time() = EffectiveTimeOf(event);
  } else {
    const v1::ConfirmationRecorded& fact = event.confirmation_recorded();
    const v1::ConfirmMilestoneRequest& asked = event.command().confirm_milestone();
    const auto platform_id = core::ParsePlatformName(event.platform());
    ESCROW_ASSERT(platform_id.has_value());
    confirmation.set_milestone_id(MilestoneId(terms, fact.milestone_index()));
    confirmation.set_kind(asked.kind());
    confirmation.set_role(fact.role());
    confirmation.set_party(core::PartyName(*platform_id, fact.party_id()));
    *confirmation.mutable_evidence() = asked.evidence();
    *confirmation.mutable_occur_time() = asked.has_occur_time() ? asked.occur_time() : EffectiveTimeOf(event);
  }
  *confirmation.mutable_create_time() = EffectiveTimeOf(event);
  confirmation.set_sequence(static_cast<std::int64_t>(event.sequence()));
}

void Render(const v1::Event& event, const v1::Agreement& terms, v1::Release& release) {
  const v1::MilestoneReleased& fact = event.milestone_released();
  release.set_name(ChildName(terms, "releases", std::to_string(event.sequence())));
  release.set_milestone_id(MilestoneId(terms, fact.milestone_index()));
  release.mutable_amount()->set_currency_code(terms.currency_code());
  release.mutable_amount()->set_minor_units(fact.minor_units());
  release.set_cause(fact.cause());
  *release.mutable_postings() = event.postings();
  for (const std::uint64_t sequence : fact.confirmation_sequences()) {
    release.add_confirmation_sequences(static_cast<std::int64_t>(sequence));
  }
  *release.mutable_create_time() = EffectiveTimeOf(event);
  release.set_sequence(static_cast<std::int64_t>(event.sequence()));
}

void Render(const v1::Event& event, const v1::Agreement& terms, v1::Refund& refund) {
  refund.set_name(ChildName(terms, "refunds", std::to_string(event.sequence())));
  refund.mutable_amount()->set_currency_code(terms.currency_code());
  if (event.has_milestone_refunded()) {
    const v1::MilestoneRefunded& fact = event.milestone_refunded();
    refund.set_milestone_id(MilestoneId(terms, fact.milestone_index()));
    refund.mutable_amount()->set_minor_units(fact.minor_units());
    refund.set_cause(Word(v1::MoveCause_Name(fact.cause()), "MOVE_CAUSE_"));
  } else {
    refund.mutable_amount()->set_minor_units(RefundedIn(event));
    refund.set_cause(event.has_unallocated_returned()
                         ? Word(v1::UnallocatedReturned::Cause_Name(event.unallocated_returned().cause()), "CAUSE_")
                         : "CLOSED");
  }
  *refund.mutable_create_time() = EffectiveTimeOf(event);
  refund.set_sequence(static_cast<std::int64_t>(event.sequence()));
}

}  // namespace escrow::api
