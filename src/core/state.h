#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/currency.h"
#include "base/time.h"
#include "base/wide.h"
#include "core/names.h"
#include "core/terms.h"
#include "core/timer_queue.h"
#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/ledger.pb.h"
#include "escrow/v1/payout.pb.h"
#include "escrow/v1/platform.pb.h"
#include "escrow/v1/vault.pb.h"

// The state of the machine as plain values. It is a function of the log: nothing is here that replay does not make
// again. Only what decisions need is here; the rest of a resource (its full terms, its deposits, its history) is read
// from the log by following Agreement::create_sequence and Event.previous_sequence.
namespace escrow::core {

// Positions of entities in the order of their creation. Never reused.
enum class PlatformSlot : std::uint32_t {};
enum class PartySlot : std::uint32_t {};
enum class AgreementSlot : std::uint32_t {};
enum class PayoutSlot : std::uint32_t {};
enum class CredentialSlot : std::uint32_t {};
enum class TermsSlot : std::uint32_t {};

template <class Slot>
[[nodiscard]] constexpr std::uint32_t Index(Slot slot) {
  return static_cast<std::uint32_t>(slot);
}

// A sum of money over many agreements. Wide, so that no sum of amounts within limits can overflow.
using base::Wide;

struct Platform {
  std::string id;
  bool sandbox = false;
  bool rail_access = false;  // the platform itself may state what happened at the bank
  base::Time clock;          // sandbox only
  base::Time create_time;    // log time
  std::uint64_t create_sequence = 0;
};

struct PartyBalance {
  base::Currency currency;
  Wide payable = 0;
  Wide refundable = 0;
  Wide payable_scheduled = 0;     // part of payable that automatic payouts have reserved
  Wide refundable_scheduled = 0;  // part of refundable that automatic payouts have reserved
};

// What the log knows of a record of personal data. The rest is in the vault.
struct RecordEntry {
  std::string id;
  v1::RecordKind kind = v1::RECORD_KIND_UNSPECIFIED;
  std::string commitment;  // 32 bytes
  std::uint64_t create_sequence = 0;
};

struct LegalHold {
  std::string id;
  std::string reference;
  std::optional<base::Time> end;  // the platform's clock
  bool by_operator = false;       // who alone may release it then
  bool released = false;
  std::uint64_t create_sequence = 0;

  [[nodiscard]] bool InForce(base::Time now) const { return !released && (!end || now < *end); }
};

struct Party {
  PlatformSlot platform{};
  std::string id;
  base::Time create_time;  // the platform's clock
  std::uint64_t create_sequence = 0;
  std::vector<PartyBalance> balances;  // by first use
  std::vector<RecordEntry> records;    // by sequence; none when erased
  std::vector<LegalHold> legal_holds;  // by sequence
  bool erased = false;
};

// A key that took over.
struct SigningKey {
  std::string verifier_key;
  std::uint64_t sequence = 0;  // of the event
};

struct Participant {
  v1::Role role = v1::ROLE_UNSPECIFIED;
  PartySlot party{};
};

// A share of a milestone: of a payee, or a fee. Position by position as in the creation event's schedule.
struct Line {
  v1::AccountKind account = v1::ACCOUNT_KIND_UNSPECIFIED;  // PAYABLE, PLATFORM_FEES, OPERATOR_FEES
  PartySlot party{};                                       // PAYABLE only
  std::int64_t amount = 0;
  std::int64_t released = 0;
};

struct Milestone {
  v1::Milestone::State state = v1::Milestone::STATE_PENDING;
  bool funding_missed = false;       // its funding deadline passed and the policy is to go on
  std::uint32_t kinds_recorded = 0;  // bit k: a confirmation of kind k was recorded
  std::uint64_t met = 0;             // bit i: requirement i is met
  std::int64_t required = 0;         // what the buyer has to fund
  std::int64_t held = 0;
  std::int64_t released = 0;  // to payees and fees
  std::int64_t refunded = 0;
  std::uint16_t line_begin = 0;  // its lines are lines[line_begin, line_end)
  std::uint16_t line_end = 0;
  // Per requirement: sequence of the event that met it, 0 when unmet; empty while none is met, as mostly.
  std::vector<std::uint64_t> met_by;
};

enum class TimerKind : std::uint8_t {
  kFundingDeadline = 1,
  kDeliveryDeadline = 2,
  kDeemed = 3,
  kLongStop = 4,
};

// A timer that runs. Order of expiry: deadline, then kind, then milestone, then index.
struct Timer {
  base::Time deadline;
  TimerKind kind{};
  std::uint8_t milestone = 0;
  std::uint8_t index = 0;            // kDeemed: the requirement
  std::uint64_t start_sequence = 0;  // the event that started it
  friend auto operator<=>(const Timer&, const Timer&) = default;
};

// Money of an automatic payout that waits for its delay.
struct ScheduledPayout {
  base::Time due;
  v1::AccountKind source = v1::ACCOUNT_KIND_UNSPECIFIED;
  PartySlot party{};
  std::int64_t amount = 0;
};

struct Agreement {
  PlatformSlot platform{};
  TermsSlot terms{};
  base::Currency currency;
  v1::Agreement::State state = v1::Agreement::STATE_PROPOSED;
  bool expired = false;    // a deadline with CEASE_ALL or the long stop ended it
  bool long_stop = false;  // the long stop was reached
  bool cancelled = false;  // every consent was given
  std::string id;
  std::uint64_t create_sequence = 0;
  std::uint64_t last_sequence = 0;
  base::Time create_time;  // the platform's clock
  base::Time update_time;
  std::int64_t deposited = 0;
  std::int64_t reversed = 0;
  std::int64_t released = 0;  // to payees
  std::int64_t refunded = 0;
  std::int64_t fees = 0;
  std::int64_t unallocated = 0;
  std::int64_t unallocated_late = 0;  // part of unallocated that came late and must go back
  std::int64_t debt = 0;
  std::uint32_t accepted_mask = 0;   // bit i: participant i has accepted
  std::uint32_t consented_mask = 0;  // bit i: participant i has consented to cancel
  std::vector<Participant> participants;
  std::vector<Milestone> milestones;
  std::vector<Line> lines;
  std::vector<Timer> timers;                       // in order of expiry
  std::vector<ScheduledPayout> scheduled_payouts;  // in order of their due time
  std::vector<base::Time> fixed_times;             // of timers that expire at a fixed time, see TimerTerms::seconds
  std::vector<std::string> deposit_ids;

  [[nodiscard]] std::int64_t held() const;
  // When something happens next without a command: the earliest timer or scheduled payout.
  [[nodiscard]] std::optional<base::Time> NextDeadline() const;
  [[nodiscard]] bool ended() const { return state >= v1::Agreement::STATE_SETTLED; }
};

struct Payout {
  PlatformSlot platform{};
  std::string id;
  v1::AccountKind source = v1::ACCOUNT_KIND_UNSPECIFIED;
  std::optional<PartySlot> party;
  std::optional<AgreementSlot> agreement;
  base::Currency currency;
  std::int64_t amount = 0;
  v1::Payout::State state = v1::Payout::STATE_REQUESTED;
  std::uint64_t create_sequence = 0;
  std::uint64_t last_sequence = 0;
  base::Time create_time;  // the platform's clock
  base::Time update_time;
};

struct Credential {
  std::string id;
  v1::Principal::Kind kind = v1::Principal::KIND_UNSPECIFIED;
  std::optional<PlatformSlot> platform;
  std::optional<PartySlot> party;
  bool certificate = false;  // otherwise an API key
  std::string sha256;        // 32 bytes
  bool revoked = false;
  std::uint64_t create_sequence = 0;
};

inline constexpr std::size_t kAccountKinds = 9;  // 0 is unused

// Totals of one platform in one currency by kind of account, as sums of signed postings (credit positive).
struct LedgerTotals {
  base::Currency currency;
  std::array<Wide, kAccountKinds> by_kind{};
};

// As many as the commands on their way through the engine touch, few enough for a processor's cache.
inline constexpr std::size_t kAgreementsOpenMax = 256;

// State: every entity, found by name or slot. Reading is public; changing is for the core's Apply alone (state_edit.h).
//
// Agreements that nobody has used for long are kept packed, and are opened by asking for them (core/agreement_table.h).
//
// Threading: not thread-safe, not even for reading. References stay valid until the next change.
class State {
 public:
  struct Impl;  // state_impl.h

  // So many agreements stay open. It changes nothing but memory and time.
  explicit State(std::size_t agreements_open_max = kAgreementsOpenMax);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  [[nodiscard]] std::string_view log_id() const;
  [[nodiscard]] std::uint64_t last_sequence() const;
  [[nodiscard]] base::Time last_log_time() const;
  // The keys that took over signing the log, in this order; the last one signs. Empty: the first one, which the log
  // does not name.
  [[nodiscard]] std::span<const SigningKey> signing_keys() const;

  [[nodiscard]] std::optional<PlatformSlot> FindPlatform(std::string_view platform_id) const;
  [[nodiscard]] std::optional<PartySlot> FindParty(PlatformSlot platform, std::string_view party_id) const;
  [[nodiscard]] std::optional<AgreementSlot> FindAgreement(PlatformSlot platform, std::string_view id) const;
  [[nodiscard]] std::optional<PayoutSlot> FindPayout(PlatformSlot platform, std::string_view id) const;
  [[nodiscard]] std::optional<CredentialSlot> FindCredential(std::string_view id) const;
  // The credential with this proof, revoked or not.
  [[nodiscard]] std::optional<CredentialSlot> FindProof(std::string_view sha256) const;

  // REQUIRES: the slot exists.
  [[nodiscard]] const Platform& platform(PlatformSlot slot) const;
  [[nodiscard]] const Party& party(PartySlot slot) const;
  [[nodiscard]] const Agreement& agreement(AgreementSlot slot) const;
  // As agreement(), for who looks at many: a packed one stays so, and is read into `scratch`.
  [[nodiscard]] const Agreement& Peek(AgreementSlot slot, Agreement& scratch) const;
  [[nodiscard]] const Payout& payout(PayoutSlot slot) const;
  [[nodiscard]] const Credential& credential(CredentialSlot slot) const;
  [[nodiscard]] const Terms& terms(TermsSlot slot) const;

  // How many there are; their slots are 0 to count - 1.
  [[nodiscard]] std::uint32_t platform_count() const;
  [[nodiscard]] std::uint32_t party_count() const;
  [[nodiscard]] std::uint32_t agreement_count() const;
  [[nodiscard]] std::uint32_t payout_count() const;
  [[nodiscard]] std::uint32_t credential_count() const;
  [[nodiscard]] std::uint32_t live_agreement_count() const;

  // What a platform owns, in order of creation.
  [[nodiscard]] std::span<const PartySlot> parties_of(PlatformSlot platform) const;
  [[nodiscard]] std::span<const AgreementSlot> agreements_of(PlatformSlot platform) const;
  [[nodiscard]] std::span<const PayoutSlot> payouts_of(PlatformSlot platform) const;

  // The ledger's totals of a platform, by first use of the currency.
  [[nodiscard]] std::span<const LedgerTotals> totals_of(PlatformSlot platform) const;

  // The platform's time: a sandbox's clock, otherwise `log_time`.
  [[nodiscard]] base::Time EffectiveTime(PlatformSlot platform, base::Time log_time) const;

 private:
  friend class StateEdit;
  std::unique_ptr<Impl> impl_;
};

// Whether the ledger adds up: debits equal credits per platform and currency, no account but DEBT is negative, the
// totals equal the sums over agreements and parties, and per agreement deposited - reversed = held + released +
// refunded + fees + unallocated
// - debt (design.md §3, 1 and 2). Returns what is wrong first, empty when nothing is. O(everything).
[[nodiscard]] std::string CheckLedger(const State& state);

}  // namespace escrow::core
