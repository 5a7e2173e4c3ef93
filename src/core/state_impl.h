#pragma once

// The representation of State, for state.cc, state_edit.cc and snapshot.cc only.

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "core/agreement_table.h"
#include "core/request_table.h"
#include "core/state.h"
#include "core/table.h"

namespace escrow::core {

// Hash and equality of terms by slot, so that an index need not hold them a second time.
[[nodiscard]] std::uint64_t HashOf(const Terms& terms);
struct TermsHash {
  using is_transparent = void;
  const std::deque<Terms>* all;
  std::size_t operator()(std::uint32_t slot) const { return HashOf((*all)[slot]); }
  std::size_t operator()(const Terms& terms) const { return HashOf(terms); }
};
struct TermsEqual {
  using is_transparent = void;
  const std::deque<Terms>* all;
  bool operator()(std::uint32_t a, std::uint32_t b) const { return a == b || (*all)[a] == (*all)[b]; }
  bool operator()(std::uint32_t a, const Terms& b) const { return (*all)[a] == b; }
  bool operator()(const Terms& a, std::uint32_t b) const { return (*this)(b, a); }
};

// What a platform owns, by position of the platform.
struct Belongings {
  std::vector<PartySlot> parties;
  std::vector<AgreementSlot> agreements;
  std::vector<PayoutSlot> payouts;
  std::vector<LedgerTotals> totals;
  TimerQueue timers;  // sandbox only
};

struct State::Impl {
  explicit Impl(std::size_t agreements_open_max) : agreements(agreements_open_max) {}

  std::string log_id;
  std::uint64_t last_sequence = 0;
  base::Time last_log_time;
  std::vector<SigningKey> signing_keys;

  Table<Platform, PlatformSlot> platforms;
  Table<Party, PartySlot> parties;
  AgreementTable agreements;
  Table<Payout, PayoutSlot> payouts;
  Table<Credential, CredentialSlot> credentials;
  RequestTable requests;
  std::deque<Terms> terms;

  // Derived from the above.
  std::deque<Belongings> belongings;
  absl::flat_hash_set<std::uint32_t, TermsHash, TermsEqual> terms_index{0, TermsHash{&terms}, TermsEqual{&terms}};
  absl::flat_hash_map<std::string, CredentialSlot> proof_index;
  TimerQueue timers;                                  // of production platforms
  std::vector<TimerQueue::Position> timer_positions;  // by agreement
  std::set<PlatformSlot> sandboxes_due;               // sandboxes with a timer at or before their clock
  std::uint32_t live_agreements = 0;

  // Makes what is derived of an agreement that was put at the end of the table: to whom it belongs, and its deadline.
  void Derive(AgreementSlot slot, const Agreement& agreement);
  // Puts the agreement where its next deadline belongs.
  void UpdateDeadline(AgreementSlot slot, const Agreement& agreement);
  void UpdateSandboxDue(PlatformSlot slot);
};

}  // namespace escrow::core
