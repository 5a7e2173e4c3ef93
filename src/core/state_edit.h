#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/save_extent.h"
#include "core/state.h"

namespace escrow::core {

// Who asked a request and how it is called there: the key of idempotency (design.md §3, 5).
struct RequestKey {
  RequestId id;
  std::uint64_t principal = 0;  // PrincipalKey
  friend bool operator==(const RequestKey&, const RequestKey&) = default;
};

struct Changes;
class SnapshotWalk;

// StateEdit: the only way to change a State. Every change passes here, so that a scope can be taken back: atomic
// batches and dry runs execute for real inside a scope and are rolled back.
//
// A scope keeps the value of each touched entity from before the first touch. Entities made in the scope are dropped.
// Threading and ownership: as State, which it borrows.
class StateEdit {
 public:
  explicit StateEdit(State& state);
  ~StateEdit();
  StateEdit(const StateEdit&) = delete;
  StateEdit& operator=(const StateEdit&) = delete;

  // Opens a scope. REQUIRES: none is open.
  void OpenScope();
  // Keeps the changes of the open scope.
  void KeepScope();
  // Takes back all changes since OpenScope.
  void DropScope();
  [[nodiscard]] bool scope_open() const;

  // For changing. The reference is valid until the next Add.
  [[nodiscard]] Platform& platform(PlatformSlot slot);
  [[nodiscard]] Party& party(PartySlot slot);
  [[nodiscard]] Agreement& agreement(AgreementSlot slot);
  [[nodiscard]] Payout& payout(PayoutSlot slot);
  [[nodiscard]] Credential& credential(CredentialSlot slot);

  // REQUIRES: no entity of this name exists.
  PlatformSlot Add(Platform platform);
  PartySlot Add(Party party);
  AgreementSlot Add(Agreement agreement);
  PayoutSlot Add(Payout payout);
  CredentialSlot Add(Credential credential);
  // The slot of equal terms, made if there is none.
  TermsSlot Intern(Terms terms);

  // Adds to a total of the ledger.
  void AddToTotal(PlatformSlot platform, base::Currency currency, v1::AccountKind kind, std::int64_t amount);
  // The balance of a party in a currency, made if there is none.
  [[nodiscard]] PartyBalance& balance(PartySlot party, base::Currency currency);

  // To be called between two commands or events, when nobody holds a reference: packs agreements that are not in use.
  void Rest();

  // To be called after each change of an agreement's timers or scheduled payouts.
  void UpdateDeadline(AgreementSlot slot);
  // To be called after each change of a sandbox's clock.
  void UpdateSandboxDue(PlatformSlot slot);
  // To be called when an agreement has ended.
  void CountEnded();

  // Says that they will be asked for, or added, kAnnouncedAhead calls from now (core/announce.h).
  void Announce(const RequestKey& key) const;
  void Announce(PlatformSlot platform, std::string_view agreement_id);

  void AddRequest(const RequestKey& key, std::uint64_t sequence);
  [[nodiscard]] std::uint64_t FindRequest(const RequestKey& key) const;

  void SetLog(std::string_view log_id);
  void Add(SigningKey key);
  void SetPosition(std::uint64_t sequence, base::Time log_time);

  // The agreement with the earliest deadline that is due: of production platforms at `log_time`, then of sandboxes at
  // their clocks, the first platform first.
  [[nodiscard]] std::optional<AgreementSlot> FirstDue(base::Time log_time) const;
  [[nodiscard]] std::optional<base::Time> NextDeadline() const;

  // Canonical encoding of the state, and its inverse; see Machine::Save and Machine::Load.
  void Save(const std::function<void(std::string_view)>& sink) const;
  [[nodiscard]] bool Load(std::span<const std::string_view> saves);
  // A Save that is spread over time; see Machine::BeginSave.
  void BeginSave(SaveExtent extent);
  [[nodiscard]] bool ContinueSave(std::size_t bytes, const std::function<void(std::string_view)>& sink);

 private:
  struct Scope;

  // Whoever may change an entity says so first.
  template <class Slot>
  void BeforeChange(Slot slot);

  State::Impl& impl_;
  std::unique_ptr<Scope> scope_;
  std::unique_ptr<SnapshotWalk> walk_;
  std::unique_ptr<Changes> changes_;  // since the last BeginSave or Load
};

}  // namespace escrow::core
