#include "core/state.h"

#include <algorithm>

#include "core/state_impl.h"

namespace escrow::core {

std::int64_t Agreement::held() const {
  std::int64_t sum = 0;
  for (const Milestone& milestone : milestones) {
    sum += milestone.held;
  }
  return sum;
}

std::optional<base::Time> Agreement::NextDeadline() const {
  std::optional<base::Time> next;
  if (!timers.empty()) {
    next = timers.front().deadline;
  }
  if (!scheduled_payouts.empty()) {
    next = std::min(next.value_or(base::kTimeMax), scheduled_payouts.front().due);
  }
  return next;
}

State::State(std::size_t agreements_open_max) : impl_(std::make_unique<Impl>(agreements_open_max)) {}
State::~State() = default;

std::string_view State::log_id() const { return impl_->log_id; }
std::span<const SigningKey> State::signing_keys() const { return impl_->signing_keys; }
std::uint64_t State::last_sequence() const { return impl_->last_sequence; }
base::Time State::last_log_time() const { return impl_->last_log_time; }

std::optional<PlatformSlot> State::FindPlatform(std::string_view platform_id) const {
  return impl_->platforms.Find({0, platform_id});
}

std::optional<PartySlot> State::FindParty(PlatformSlot platform, std::string_view party_id) const {
  return impl_->parties.Find({Index(platform), party_id});
}

std::optional<AgreementSlot> State::FindAgreement(PlatformSlot platform, std::string_view id) const {
  return impl_->agreements.Find({Index(platform), id});
}

std::optional<PayoutSlot> State::FindPayout(PlatformSlot platform, std::string_view id) const {
  return impl_->payouts.Find({Index(platform), id});
}

std::optional<CredentialSlot> State::FindCredential(std::string_view id) const {
  return impl_->credentials.Find({0, id});
}

std::optional<CredentialSlot> State::FindProof(std::string_view sha256) const {
  const auto found = impl_->proof_index.find(absl::string_view(sha256.data(), sha256.size()));
  return found == impl_->proof_index.end() ? std::nullopt : std::optional(found->second);
}

const Platform& State::platform(PlatformSlot slot) const { return impl_->platforms.at(slot); }
const Party& State::party(PartySlot slot) const { return impl_->parties.at(slot); }
const Agreement& State::agreement(AgreementSlot slot) const { return impl_->agreements.at(slot); }
const Agreement& State::Peek(AgreementSlot slot, Agreement& scratch) const {
  return impl_->agreements.Peek(slot, scratch);
}
const Payout& State::payout(PayoutSlot slot) const { return impl_->payouts.at(slot); }
const Credential& State::credential(CredentialSlot slot) const { return impl_->credentials.at(slot); }

const Terms& State::terms(TermsSlot slot) const {
  ESCROW_ASSERT(Index(slot) < impl_->terms.size());
  return impl_->terms[Index(slot)];
}

std::uint32_t State::platform_count() const { return impl_->platforms.size(); }
std::uint32_t State::party_count() const { return impl_->parties.size(); }
std::uint32_t State::agreement_count() const { return impl_->agreements.size(); }
std::uint32_t State::payout_count() const { return impl_->payouts.size(); }
std::uint32_t State::credential_count() const { return impl_->credentials.size(); }
std::uint32_t State::live_agreement_count() const { return impl_->live_agreements; }

std::span<const PartySlot> State::parties_of(PlatformSlot platform) const {
  return impl_->belongings[Index(platform)].parties;
}

std::span<const AgreementSlot> State::agreements_of(PlatformSlot platform) const {
  return impl_->belongings[Index(platform)].agreements;
}

std::span<const PayoutSlot> State::payouts_of(PlatformSlot platform) const {
  return impl_->belongings[Index(platform)].payouts;
}

std::span<const LedgerTotals> State::totals_of(PlatformSlot platform) const {
  return impl_->belongings[Index(platform)].totals;
}

base::Time State::EffectiveTime(PlatformSlot platform, base::Time log_time) const {
  const Platform& entity = impl_->platforms.at(platform);
  return entity.sandbox ? entity.clock : log_time;
}

void State::Impl::Derive(AgreementSlot slot, const Agreement& agreement) {
  belongings[Index(agreement.platform)].agreements.push_back(slot);
  timer_positions.push_back(TimerQueue::kNowhere);
  live_agreements += agreement.ended() ? 0U : 1U;
  UpdateDeadline(slot, agreement);
}

void State::Impl::UpdateDeadline(AgreementSlot slot, const Agreement& agreement) {
  const bool sandbox = platforms.at(agreement.platform).sandbox;
  TimerQueue& queue = sandbox ? belongings[Index(agreement.platform)].timers : timers;
  queue.Set(Index(slot), agreement.NextDeadline(), timer_positions);
  if (sandbox) {
    UpdateSandboxDue(agreement.platform);
  }
}

void State::Impl::UpdateSandboxDue(PlatformSlot slot) {
  const auto top = belongings[Index(slot)].timers.Top();
  if (top && top->deadline <= platforms.at(slot).clock) {
    sandboxes_due.insert(slot);
  } else {
    sandboxes_due.erase(slot);
  }
}

}  // namespace escrow::core
