#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "audit/books.h"
#include "audit/clock_time.h"
#include "audit/text.h"
#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/payout.pb.h"
#include "escrow/v1/policy.pb.h"

// What the auditor knows at a position of the log: plain values in plain maps, made from events alone.
namespace escrow::audit {

struct Platform {
  bool sandbox = false;
  bool rail_access = false;  // the platform itself may state what happened at the bank
  Nanos clock = 0;           // sandbox only
};

// A duty to keep what is known of a party.
struct LegalHold {
  std::optional<Nanos> end;
  bool by_operator = false;
  bool released = false;

  [[nodiscard]] bool InForce(Nanos now) const { return !released && (!end || *end > now); }
};

struct Party {
  // What automatic payouts have reserved of what it is owed: by PAYABLE or REFUNDABLE and currency.
  std::map<std::pair<v1::AccountKind, std::string>, base::Wide> reserved;
  std::vector<std::string> records;  // ids of what the vault has of it, by sequence; none when erased
  std::map<std::string, LegalHold> legal_holds;
  bool erased = false;

  [[nodiscard]] bool Held(Nanos now) const {
    return std::ranges::any_of(legal_holds, [now](const auto& hold) { return hold.second.InForce(now); });
  }
};

struct Credential {
  v1::Principal::Kind kind = v1::Principal::KIND_UNSPECIFIED;
  std::string platform_id;  // empty: of no platform
  bool revoked = false;
};

enum class TimerKind : std::uint8_t { kFundingDeadline = 1, kDeliveryDeadline = 2, kDeemed = 3, kLongStop = 4 };

// A timer that runs. Timers expire in this order: by deadline, then kind, milestone and requirement.
struct RunningTimer {
  Nanos deadline = 0;
  TimerKind kind{};
  std::size_t milestone = 0;
  std::size_t requirement = 0;       // kDeemed
  std::uint64_t start_sequence = 0;  // the event that started it; 0: a fixed time
  friend auto operator<=>(const RunningTimer&, const RunningTimer&) = default;
};

struct ShareLine {
  v1::AccountKind account = v1::ACCOUNT_KIND_UNSPECIFIED;
  std::string party_id;
  std::int64_t amount = 0;
  std::int64_t released = 0;
};

struct MilestoneNow {
  v1::Milestone::State state = v1::Milestone::STATE_PENDING;
  bool funding_missed = false;  // its funding deadline passed and the policy is to go on
  std::int64_t required = 0;
  std::int64_t held = 0;
  std::vector<ShareLine> lines;
  std::set<v1::ConfirmationKind> recorded;           // kinds that somebody stated
  std::vector<const v1::Requirement*> requirements;  // of its condition, depth first; point into the terms
  std::vector<std::uint64_t> met_by;                 // per requirement: the event that met it, 0: none

  [[nodiscard]] bool ended() const {
    return state != v1::Milestone::STATE_PENDING && state != v1::Milestone::STATE_FUNDED;
  }
};

// Money of an automatic payout that waits for its delay.
struct DuePayout {
  Nanos due = 0;
  v1::AccountKind source = v1::ACCOUNT_KIND_UNSPECIFIED;
  std::string party_id;
  std::int64_t amount = 0;
};

struct AgreementNow {
  std::string platform;  // resource name
  std::string platform_id;
  std::string id;
  std::string currency;
  std::string buyer_id;
  v1::Policies policies;  // as they hold
  // Its terms as they were asked for; none once it has ended, when nobody needs them any more.
  std::unique_ptr<const v1::Agreement> terms;
  v1::Agreement::State state = v1::Agreement::STATE_PROPOSED;
  bool expired = false;    // a deadline with CEASE_ALL or the long stop ended it
  bool long_stop = false;  // the long stop was reached
  bool cancelled = false;  // everybody consented
  std::uint64_t last_sequence = 0;
  Nanos update_time = 0;
  // Sums for the equation of design.md §3, 2.
  std::int64_t deposited = 0;
  std::int64_t released = 0;
  std::int64_t refunded = 0;
  std::int64_t fees = 0;
  std::int64_t unallocated = 0;
  std::int64_t late = 0;  // the part of unallocated that came late and must go back
  std::vector<MilestoneNow> milestones;
  std::set<std::string> accepted;   // ids of parties
  std::set<std::string> consented;  // ids of parties
  std::set<RunningTimer> timers;
  std::deque<DuePayout> due_payouts;
  std::unordered_set<std::string> deposit_ids;

  [[nodiscard]] bool ended() const { return state >= v1::Agreement::STATE_SETTLED; }
  [[nodiscard]] std::int64_t held() const {
    std::int64_t sum = 0;
    for (const MilestoneNow& milestone : milestones) {
      sum += milestone.held;
    }
    return sum;
  }
  // When something happens next by itself.
  [[nodiscard]] std::optional<Nanos> NextDeadline() const {
    std::optional<Nanos> next;
    if (!timers.empty()) {
      next = timers.begin()->deadline;
    }
    if (!due_payouts.empty() && (!next || due_payouts.front().due < *next)) {
      next = due_payouts.front().due;
    }
    return next;
  }
};

struct PayoutNow {
  v1::AccountKind source = v1::ACCOUNT_KIND_UNSPECIFIED;
  std::string party_id;
  std::string currency;
  std::int64_t amount = 0;
  v1::Payout::State state = v1::Payout::STATE_REQUESTED;
  std::uint64_t last_sequence = 0;
  std::string agreement_key;  // automatic ones
};

// One use of a request id.
struct RequestUse {
  Uuid id;
  std::uint32_t principal = 0;  // position in World::principals
  friend bool operator==(const RequestUse&, const RequestUse&) = default;
};
struct RequestUseHash {
  [[nodiscard]] std::size_t operator()(const RequestUse& use) const {
    return static_cast<std::size_t>((use.id.high ^ use.principal) * 0x9e3779b97f4a7c15U ^ use.id.low);
  }
};

// Everything. Keys of what belongs to a platform are KeyOf(platform id, id). References into the maps stay valid.
struct World {
  std::unordered_map<std::string, Platform> platforms;
  std::unordered_map<std::string, Party> parties;
  std::unordered_map<std::string, AgreementNow> agreements;
  std::unordered_map<std::string, PayoutNow> payouts;
  std::unordered_map<std::string, Credential> credentials;
  std::unordered_set<std::string> signing_keys;                            // that took over
  std::unordered_set<std::string> proofs;                                  // hashes that credentials present
  std::unordered_map<std::string, std::uint32_t> principals;               // who has asked for something
  std::unordered_map<RequestUse, std::uint64_t, RequestUseHash> requests;  // the event of each
  Books books;

  // The platform's time: a sandbox's clock, otherwise the log's. REQUIRES: the platform exists.
  [[nodiscard]] Nanos NowOf(const std::string& platform_id, Nanos log_time) const {
    const Platform& platform = platforms.at(platform_id);
    return platform.sandbox ? platform.clock : log_time;
  }
};

// The entry of a map, null when there is none.
template <class Map>
[[nodiscard]] auto* Find(Map& map, const typename std::remove_const_t<Map>::key_type& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace escrow::audit
