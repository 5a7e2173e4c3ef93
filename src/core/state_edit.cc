#include "core/state_edit.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/changes.h"
#include "core/snapshot.h"
#include "core/state_impl.h"

namespace escrow::core {

// Values from before the first touch, by slot, and how many there were of what can only be added.
struct StateEdit::Scope {
  explicit Scope(State::Impl& impl)
      : log_id(impl.log_id),
        last_sequence(impl.last_sequence),
        last_log_time(impl.last_log_time),
        signing_key_count(impl.signing_keys.size()),
        platform_count(impl.platforms.size()),
        party_count(impl.parties.size()),
        agreement_count(impl.agreements.size()),
        payout_count(impl.payouts.size()),
        credential_count(impl.credentials.size()),
        terms_count(impl.terms.size()),
        request_count(impl.requests.entries().size()),
        live_agreements(impl.live_agreements) {}

  std::string log_id;
  std::uint64_t last_sequence;
  base::Time last_log_time;
  std::size_t signing_key_count;
  std::uint32_t platform_count;
  std::uint32_t party_count;
  std::uint32_t agreement_count;
  std::uint32_t payout_count;
  std::uint32_t credential_count;
  std::size_t terms_count;
  std::size_t request_count;
  std::uint32_t live_agreements;

  std::map<PlatformSlot, Platform> platforms;
  std::map<PartySlot, Party> parties;
  std::map<AgreementSlot, Agreement> agreements;
  std::map<PayoutSlot, Payout> payouts;
  std::map<CredentialSlot, Credential> credentials;
  std::map<PlatformSlot, std::vector<LedgerTotals>> totals;
};

StateEdit::StateEdit(State& state) : impl_(*state.impl_), changes_(std::make_unique<Changes>()) {}
StateEdit::~StateEdit() = default;

void StateEdit::OpenScope() {
  ESCROW_ASSERT(!scope_);
  scope_ = std::make_unique<Scope>(impl_);
}

void StateEdit::KeepScope() {
  ESCROW_ASSERT(scope_);
  scope_.reset();
}

bool StateEdit::scope_open() const { return scope_ != nullptr; }

namespace {

template <class Entity, class Slot>
void Restore(std::map<Slot, Entity>& saved, Table<Entity, Slot>& table) {
  for (auto& [slot, entity] : saved) {
    table.at(slot) = std::move(entity);
  }
}

template <class Entity, class Slot>
void Shrink(Table<Entity, Slot>& table, std::uint32_t count) {
  while (table.size() > count) {
    table.RemoveLast();
  }
}

}  // namespace

void StateEdit::DropScope() {
  ESCROW_ASSERT(scope_);
  const std::unique_ptr<Scope> scope = std::move(scope_);
  Restore(scope->platforms, impl_.platforms);
  Restore(scope->parties, impl_.parties);
  Restore(scope->payouts, impl_.payouts);
  Restore(scope->credentials, impl_.credentials);
  for (auto& [slot, totals] : scope->totals) {
    impl_.belongings[Index(slot)].totals = std::move(totals);
  }
  // New agreements leave the timer queues before they go.
  for (std::uint32_t slot = impl_.agreements.size(); slot-- > scope->agreement_count;) {
    Agreement& agreement = impl_.agreements.at(AgreementSlot{slot});
    agreement.timers.clear();
    agreement.scheduled_payouts.clear();
    impl_.UpdateDeadline(AgreementSlot{slot}, agreement);
    impl_.belongings[Index(agreement.platform)].agreements.pop_back();
    impl_.agreements.RemoveLast();
    impl_.timer_positions.pop_back();
  }
  for (auto& [slot, agreement] : scope->agreements) {
    impl_.agreements.at(slot) = std::move(agreement);
    UpdateDeadline(slot);
  }
  for (std::uint32_t slot = impl_.payouts.size(); slot-- > scope->payout_count;) {
    impl_.belongings[Index(impl_.payouts.at(PayoutSlot{slot}).platform)].payouts.pop_back();
    impl_.payouts.RemoveLast();
  }
  for (std::uint32_t slot = impl_.parties.size(); slot-- > scope->party_count;) {
    impl_.belongings[Index(impl_.parties.at(PartySlot{slot}).platform)].parties.pop_back();
    impl_.parties.RemoveLast();
  }
  for (std::uint32_t slot = impl_.credentials.size(); slot-- > scope->credential_count;) {
    impl_.proof_index.erase(impl_.credentials.at(CredentialSlot{slot}).sha256);
    impl_.credentials.RemoveLast();
  }
  for (const auto& [slot, unused] : scope->platforms) {
    impl_.UpdateSandboxDue(slot);
  }
  for (std::uint32_t slot = impl_.platforms.size(); slot-- > scope->platform_count;) {
    impl_.sandboxes_due.erase(PlatformSlot{slot});
    impl_.belongings.pop_back();
  }
  Shrink(impl_.platforms, scope->platform_count);
  while (impl_.terms.size() > scope->terms_count) {
    impl_.terms_index.erase(static_cast<std::uint32_t>(impl_.terms.size() - 1));
    impl_.terms.pop_back();
  }
  impl_.requests.Truncate(scope->request_count);
  impl_.live_agreements = scope->live_agreements;
  impl_.log_id = std::move(scope->log_id);
  impl_.last_sequence = scope->last_sequence;
  impl_.last_log_time = scope->last_log_time;
  impl_.signing_keys.resize(scope->signing_key_count);
}

template <class Slot>
void StateEdit::BeforeChange(Slot slot) {
  changes_->Note(slot);
  if (walk_) {
    walk_->BeforeChange(slot);
  }
}

Platform& StateEdit::platform(PlatformSlot slot) {
  BeforeChange(slot);
  if (scope_ && Index(slot) < scope_->platform_count) {
    scope_->platforms.try_emplace(slot, impl_.platforms.at(slot));
  }
  return impl_.platforms.at(slot);
}

Party& StateEdit::party(PartySlot slot) {
  BeforeChange(slot);
  if (scope_ && Index(slot) < scope_->party_count) {
    scope_->parties.try_emplace(slot, impl_.parties.at(slot));
  }
  return impl_.parties.at(slot);
}

Agreement& StateEdit::agreement(AgreementSlot slot) {
  BeforeChange(slot);
  if (scope_ && Index(slot) < scope_->agreement_count) {
    scope_->agreements.try_emplace(slot, impl_.agreements.at(slot));
  }
  return impl_.agreements.at(slot);
}

Payout& StateEdit::payout(PayoutSlot slot) {
  BeforeChange(slot);
  if (scope_ && Index(slot) < scope_->payout_count) {
    scope_->payouts.try_emplace(slot, impl_.payouts.at(slot));
  }
  return impl_.payouts.at(slot);
}

Credential& StateEdit::credential(CredentialSlot slot) {
  BeforeChange(slot);
  if (scope_ && Index(slot) < scope_->credential_count) {
    scope_->credentials.try_emplace(slot, impl_.credentials.at(slot));
  }
  return impl_.credentials.at(slot);
}

PlatformSlot StateEdit::Add(Platform platform) {
  impl_.belongings.emplace_back();
  return impl_.platforms.Add(std::move(platform));
}

PartySlot StateEdit::Add(Party party) {
  const PlatformSlot platform = party.platform;
  const PartySlot slot = impl_.parties.Add(std::move(party));
  impl_.belongings[Index(platform)].parties.push_back(slot);
  return slot;
}

AgreementSlot StateEdit::Add(Agreement agreement) {
  const AgreementSlot slot = impl_.agreements.Add(std::move(agreement));
  impl_.Derive(slot, impl_.agreements.at(slot));
  return slot;
}

PayoutSlot StateEdit::Add(Payout payout) {
  const PlatformSlot platform = payout.platform;
  const PayoutSlot slot = impl_.payouts.Add(std::move(payout));
  impl_.belongings[Index(platform)].payouts.push_back(slot);
  return slot;
}

CredentialSlot StateEdit::Add(Credential credential) {
  const std::string proof = credential.sha256;
  const CredentialSlot slot = impl_.credentials.Add(std::move(credential));
  const bool inserted = impl_.proof_index.try_emplace(proof, slot).second;
  ESCROW_ASSERT(inserted);
  return slot;
}

TermsSlot StateEdit::Intern(Terms terms) {
  if (const auto found = impl_.terms_index.find(terms); found != impl_.terms_index.end()) {
    return TermsSlot{*found};
  }
  impl_.terms.push_back(std::move(terms));
  const auto slot = static_cast<std::uint32_t>(impl_.terms.size() - 1);
  impl_.terms_index.insert(slot);
  return TermsSlot{slot};
}

void StateEdit::AddToTotal(PlatformSlot platform, base::Currency currency, v1::AccountKind kind, std::int64_t amount) {
  std::vector<LedgerTotals>& totals = impl_.belongings[Index(platform)].totals;
  if (scope_ && Index(platform) < scope_->platform_count) {
    scope_->totals.try_emplace(platform, totals);
  }
  auto found = std::ranges::find(totals, currency, &LedgerTotals::currency);
  if (found == totals.end()) {
    found = totals.insert(totals.end(), LedgerTotals{.currency = currency});
  }
  found->by_kind[static_cast<std::size_t>(kind)] += amount;
}

PartyBalance& StateEdit::balance(PartySlot slot, base::Currency currency) {
  std::vector<PartyBalance>& balances = party(slot).balances;
  const auto found = std::ranges::find(balances, currency, &PartyBalance::currency);
  return found != balances.end() ? *found : balances.emplace_back(PartyBalance{.currency = currency});
}

void StateEdit::Rest() {
  ESCROW_ASSERT(!scope_);
  impl_.agreements.Rest();
}

void StateEdit::UpdateDeadline(AgreementSlot slot) { impl_.UpdateDeadline(slot, impl_.agreements.at(slot)); }
void StateEdit::UpdateSandboxDue(PlatformSlot slot) { impl_.UpdateSandboxDue(slot); }

void StateEdit::CountEnded() {
  ESCROW_ASSERT(impl_.live_agreements > 0);
  --impl_.live_agreements;
}

void StateEdit::Announce(const RequestKey& key) const { impl_.requests.Announce(key); }
void StateEdit::Announce(PlatformSlot platform, std::string_view agreement_id) {
  impl_.agreements.Announce({Index(platform), agreement_id});
}

void StateEdit::AddRequest(const RequestKey& key, std::uint64_t sequence) { impl_.requests.Add(key, sequence); }
std::uint64_t StateEdit::FindRequest(const RequestKey& key) const { return impl_.requests.Find(key); }

void StateEdit::SetLog(std::string_view log_id) { impl_.log_id = log_id; }

void StateEdit::Add(SigningKey key) { impl_.signing_keys.push_back(std::move(key)); }

void StateEdit::SetPosition(std::uint64_t sequence, base::Time log_time) {
  ESCROW_ASSERT(sequence == impl_.last_sequence + 1);
  ESCROW_ASSERT(log_time >= impl_.last_log_time);
  impl_.last_sequence = sequence;
  impl_.last_log_time = log_time;
}

std::optional<AgreementSlot> StateEdit::FirstDue(base::Time log_time) const {
  const auto top = impl_.timers.Top();
  if (top && top->deadline <= log_time) {
    return AgreementSlot{top->slot};
  }
  if (impl_.sandboxes_due.empty()) {
    return std::nullopt;
  }
  const auto due = impl_.belongings[Index(*impl_.sandboxes_due.begin())].timers.Top();
  ESCROW_ASSERT(due.has_value());
  return AgreementSlot{due->slot};
}

std::optional<base::Time> StateEdit::NextDeadline() const {
  if (!impl_.sandboxes_due.empty()) {
    return base::Time{0};
  }
  const auto top = impl_.timers.Top();
  return top ? std::optional(top->deadline) : std::nullopt;
}

}  // namespace escrow::core
