#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/time.h"
#include "core/machine.h"
#include "core/state.h"
#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/command.pb.h"
#include "escrow/v1/event.pb.h"
#include "escrow/v1/platform.pb.h"

// A small language to test the core with: builders of agreements and commands, and a World that runs them on a machine
// and checks after each that the invariants of docs/INVARIANTS.md hold. Everything happens on the platform "shop" in
// EUR.
namespace escrow::core::test {

inline constexpr auto kShipment = v1::CONFIRMATION_KIND_SHIPMENT;
inline constexpr auto kDelivery = v1::CONFIRMATION_KIND_DELIVERY;
inline constexpr auto kReceipt = v1::CONFIRMATION_KIND_RECEIPT;
inline constexpr auto kInspection = v1::CONFIRMATION_KIND_INSPECTION;
inline constexpr auto kBuyer = v1::ROLE_BUYER;
inline constexpr auto kSeller = v1::ROLE_SELLER;
inline constexpr auto kCarrier = v1::ROLE_CARRIER;
inline constexpr auto kInspector = v1::ROLE_INSPECTOR;

// A deposit id that World::Run replaces by one that was not used before.
inline constexpr std::string_view kAnyDeposit = "any deposit";

inline constexpr std::int64_t kDay = 86'400;                    // seconds
inline constexpr base::Time kStart{1'767'225'600'000'000'000};  // 2026-01-01T00:00:00Z, when every World begins

// --- Who asks.
[[nodiscard]] v1::Principal Operator();
[[nodiscard]] v1::Principal Auditor(std::string_view platform_id = "");
[[nodiscard]] v1::Principal OfPlatform(std::string_view platform_id = "shop");
[[nodiscard]] v1::Principal OfParty(std::string_view party_id, std::string_view platform_id = "shop");

// --- Parts of an agreement.
[[nodiscard]] v1::Amount Money(std::int64_t minor_units, std::string_view currency = "EUR");
[[nodiscard]] v1::Timer At(base::Time time);
[[nodiscard]] v1::Timer After(v1::Timer::Start start, std::int64_t seconds);
[[nodiscard]] v1::Timer AfterRecorded(v1::ConfirmationKind kind, std::int64_t seconds);
[[nodiscard]] v1::Condition Needs(v1::ConfirmationKind kind, v1::Role role,
                                  std::initializer_list<v1::EvidenceKind> evidence = {});
[[nodiscard]] v1::Condition NeedsOrDeemed(v1::ConfirmationKind kind, v1::Role role, const v1::Timer& deemed_after);
[[nodiscard]] v1::Condition AllOf(std::initializer_list<v1::Condition> conditions);
[[nodiscard]] v1::Condition AnyOf(std::initializer_list<v1::Condition> conditions);
[[nodiscard]] v1::Condition AtLeast(std::int32_t count, std::initializer_list<v1::Condition> conditions);
[[nodiscard]] v1::Evidence Proof(v1::EvidenceKind kind);
[[nodiscard]] v1::Payee Fixed(std::string_view party_id, std::int64_t minor_units);
[[nodiscard]] v1::Payee Points(std::string_view party_id, std::int32_t basis_points);
[[nodiscard]] v1::Payee Rest(std::string_view party_id);
[[nodiscard]] v1::Fee FixedFee(v1::Fee::Beneficiary beneficiary, std::int64_t minor_units);
[[nodiscard]] v1::Fee PointsFee(v1::Fee::Beneficiary beneficiary, std::int32_t basis_points);

// A milestone of `amount` that "seller" gets, released on RECEIPT by the buyer.
[[nodiscard]] v1::Milestone Step(std::string_view id, std::int64_t amount);
[[nodiscard]] v1::Milestone Step(std::string_view id, std::int64_t amount, const v1::Condition& release_when);
// An agreement in EUR between "buyer" and "seller" with default policies.
[[nodiscard]] v1::Agreement Contract(std::initializer_list<v1::Milestone> milestones);
[[nodiscard]] v1::Agreement Join(v1::Agreement agreement, v1::Role role, std::string_view party_id);

// --- Commands, without request id: World::Run gives them one. Agreements, milestones, parties and payouts by their
// ids.
[[nodiscard]] v1::Command CreatePlatform(std::string_view id, bool sandbox = true, bool rail_access = true);
[[nodiscard]] v1::Command CreateParty(std::string_view id, std::string_view platform_id = "shop");
[[nodiscard]] v1::Command CreateKey(std::string_view id, const v1::Principal& principal, char key);
[[nodiscard]] v1::Command RevokeCredential(std::string_view id);
[[nodiscard]] v1::Command AdvanceClock(base::Time time, std::string_view platform_id = "shop");
[[nodiscard]] v1::Command Create(std::string_view id, const v1::Agreement& agreement);
[[nodiscard]] v1::Command Accept(std::string_view id, std::string_view party_id);
[[nodiscard]] v1::Command Cancel(std::string_view id, std::initializer_list<std::string_view> party_ids);
[[nodiscard]] v1::Command Deposit(std::string_view id, std::int64_t amount, std::string_view deposit_id = kAnyDeposit);
[[nodiscard]] v1::Command Confirm(std::string_view id, std::string_view milestone, v1::ConfirmationKind kind,
                                  std::string_view party_id, std::initializer_list<v1::Evidence> evidence = {});
// An amount of 0 stands for the whole.
[[nodiscard]] v1::Command Release(std::string_view id, std::string_view milestone, std::int64_t amount = 0,
                                  std::string_view party_id = "buyer");
[[nodiscard]] v1::Command Refund(std::string_view id, std::string_view milestone, std::int64_t amount = 0,
                                 std::string_view party_id = "seller");
[[nodiscard]] v1::Command RequestPayout(std::string_view id, v1::AccountKind source, std::string_view party_id,
                                        std::int64_t amount);
[[nodiscard]] v1::Command SendPayout(std::string_view id);
[[nodiscard]] v1::Command SettlePayout(std::string_view id);
[[nodiscard]] v1::Command FailPayout(std::string_view id);
[[nodiscard]] v1::Command ReturnPayout(std::string_view id);
// Of a record of kind NAME; the commitment is 32 times `commitment`.
[[nodiscard]] v1::Command CommitRecord(std::string_view party_id, std::string_view record_id, char commitment = 'c');
[[nodiscard]] v1::Command EraseSubject(std::string_view party_id);
// The handover says nothing that would be read by the core.
[[nodiscard]] v1::Command RotateKey(std::string_view verifier_key);
// Without end, or until a time.
[[nodiscard]] v1::Command PlaceHold(std::string_view party_id, std::string_view hold_id);
[[nodiscard]] v1::Command PlaceHold(std::string_view party_id, std::string_view hold_id, base::Time end);
[[nodiscard]] v1::Command ReleaseHold(std::string_view party_id, std::string_view hold_id);

// The command with this field of its payload set: request_id, validate_only, party, etag, ...
[[nodiscard]] v1::Command With(v1::Command command, std::string_view field, std::string_view value);
[[nodiscard]] v1::Command DryRun(v1::Command command);

// Sums of an agreement, as v1::Agreement::Totals.
struct Sums {
  std::int64_t deposited = 0;
  std::int64_t held = 0;
  std::int64_t released = 0;
  std::int64_t refunded = 0;
  std::int64_t fees = 0;
  std::int64_t unallocated = 0;
  friend bool operator==(const Sums&, const Sums&) = default;
};
std::ostream& operator<<(std::ostream& out, const Sums& sums);

// A second ledger, kept from the postings of the events alone. It knows no rule but those of bookkeeping.
class Book {
 public:
  // Books an event; a complaint when its postings do not add up to zero or a balance has become negative, else empty.
  [[nodiscard]] std::string Post(const v1::Event& event);
  // Balance of one account, credit positive. `detail`: agreement id, agreement id#milestone position, or party id.
  [[nodiscard]] Wide Balance(v1::AccountKind kind, std::string_view detail, std::string_view currency = "EUR") const;
  // Compares with what the machine says of its agreements, parties and totals; empty when equal.
  [[nodiscard]] std::string Compare(const State& state) const;

 private:
  // Platform, currency, kind, detail.
  using Account = std::tuple<std::string, std::string, int, std::string>;
  std::map<Account, Wide> balances_;
};

struct WorldOptions {
  bool sandbox = true;
  bool rail_access = true;
};

// World: a machine with the platform "shop" and the parties buyer, seller, seller2, carrier, inspector, partner,
// stranger.
//
// After every call it checks: positions have no gap; a refused command that burns nothing and a dry run leave the bytes
// of the state as they were; the postings balance (Book); CheckLedger finds nothing; a second machine that only applies
// the events has the same bytes. A violation fails the running test. Not thread-safe. Every World with equal calls
// makes equal events.
class World {
 public:
  explicit World(WorldOptions options = {});

  // Executes a command as `actor`, by default the platform. Returns "OK", "REPEATED", or the reason without its prefix.
  std::string Run(const v1::Principal& actor, v1::Command command);
  std::string Run(v1::Command command) { return Run(OfPlatform(), std::move(command)); }
  // Executes commands as one atomic batch, as the platform; the results in their order.
  std::vector<std::string> RunAtomic(std::vector<v1::Command> commands);

  // Lets time pass on the platform "shop" and expires what is due.
  void Advance(std::int64_t seconds);
  void AdvanceTo(base::Time time);
  // Lets time pass without expiring anything: the next command has to notice by itself.
  void AdvanceSilently(base::Time time);
  // Expires what is due; returns how many timers.
  std::size_t Expire();

  // Of the last Run: its outcome, its events, and the names of their facts.
  [[nodiscard]] const Outcome& outcome() const { return outcome_; }
  [[nodiscard]] const std::vector<v1::Event>& events() const { return events_; }
  [[nodiscard]] std::vector<std::string> Facts() const;
  // All events since the beginning.
  [[nodiscard]] const std::vector<v1::Event>& log() const { return log_; }

  [[nodiscard]] const core::Agreement& Get(std::string_view agreement_id) const;
  // State without prefix: ACTIVE, FUNDED, ...
  [[nodiscard]] std::string StateOf(std::string_view agreement_id) const;
  [[nodiscard]] std::string StateOf(std::string_view agreement_id, std::string_view milestone_id) const;
  [[nodiscard]] std::string PayoutState(std::string_view payout_id) const;
  [[nodiscard]] Sums SumsOf(std::string_view agreement_id) const;
  [[nodiscard]] std::int64_t Payable(std::string_view party_id) const;
  [[nodiscard]] std::int64_t Refundable(std::string_view party_id) const;
  // Total of a kind of account of "shop", on its normal side.
  [[nodiscard]] std::int64_t Total(v1::AccountKind kind) const;
  // The platform's present time.
  [[nodiscard]] base::Time now() const;
  // The whole state in its canonical encoding.
  [[nodiscard]] std::string Saved() const;

  [[nodiscard]] Machine& machine() { return *machine_; }
  [[nodiscard]] const State& state() const { return machine_->state(); }
  // A log time that is later than all before.
  [[nodiscard]] base::Time NextLogTime();
  // A request id that was not used before.
  [[nodiscard]] std::string NextRequestId();

 private:
  // Gives the command what the builders left to the World: its request id, its deposit id.
  void FillIn(v1::Command& command);
  // Takes over the events of the last call: books them, applies them to the second machine, compares.
  void Follow(const EventBuffer& events);
  void CheckUnchanged(const std::string& before, std::string_view what) const;
  void CheckRequest(const v1::Principal& actor, const v1::Command& command) const;

  WorldOptions options_;
  // All but one agreement are packed between two commands: what a rule needs it finds in a packed one too.
  std::unique_ptr<Machine> machine_ = std::make_unique<Machine>(MachineOptions{.agreements_open_max = 1});
  std::unique_ptr<Machine> follower_ = std::make_unique<Machine>();
  Book book_;
  base::Time log_time_ = kStart;
  std::uint64_t requests_ = 0;
  std::uint64_t deposits_ = 0;
  Outcome outcome_;
  std::vector<v1::Event> events_;
  std::vector<v1::Event> log_;
};

// The canonical encoding of a machine's state.
[[nodiscard]] std::string SaveToString(const Machine& machine);

}  // namespace escrow::core::test
