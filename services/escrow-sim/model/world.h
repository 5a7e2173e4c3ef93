#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/wide.h"
#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/ledger.pb.h"
#include "escrow/v1/payout.pb.h"
#include "escrow/v1/platform.pb.h"
#include "escrow/v1/policy.pb.h"

// What the model knows: plain maps from names to values. Nothing here is derived where it can be worked out when asked
// for: running timers, for one, follow from what has happened and are kept nowhere.
namespace escrow::model {

using base::Wide;
using Nanos = std::int64_t;  // since 1970

// Something happened: when, by the platform's clock, and by which event of the log.
struct Moment {
  Nanos at = 0;
  std::uint64_t sequence = 0;
};

struct Platform {
  bool sandbox = false;
  bool rail_access = false;
  Nanos clock = 0;  // of a sandbox
};

// An account of the book: platform, currency, kind, and whose: a party, an agreement, or "agreement#position".
using Account = std::tuple<std::string, std::string, v1::AccountKind, std::string>;
using Book = std::map<Account, Wide>;  // credit positive

// What was agreed; never changes.
struct Contract {
  v1::Agreement text;
  v1::Policies policies;  // all set
  // Per milestone its requirements, depth first.
  std::vector<std::vector<const v1::Requirement*>> asked;
};

// What somebody gets of a milestone.
struct Share {
  v1::AccountKind account = v1::ACCOUNT_KIND_UNSPECIFIED;
  std::string party;  // PAYABLE only
  Wide amount = 0;
  Wide paid = 0;
};

struct Milestone {
  v1::Milestone::State state = v1::Milestone::STATE_PENDING;
  Wide required = 0;
  Wide held = 0;
  Wide released = 0;
  Wide refunded = 0;
  std::vector<Share> shares;
  std::optional<Moment> funded;
  std::map<int, Moment> recorded;            // by kind: the first recorded confirmation
  std::set<int> deemed;                      // kinds
  std::map<std::size_t, std::uint64_t> met;  // by requirement: the event that met it
  bool funding_missed = false;
  bool delivery_missed = false;

  [[nodiscard]] bool ended() const { return state > v1::Milestone::STATE_FUNDED; }
};

// Released or refunded money that will leave by itself.
struct Due {
  Nanos at = 0;
  v1::AccountKind source = v1::ACCOUNT_KIND_UNSPECIFIED;
  std::string party;
  Wide amount = 0;
};

struct Agreement {
  std::shared_ptr<const Contract> contract;
  v1::Agreement::State state = v1::Agreement::STATE_PROPOSED;
  bool cancelled = false;
  bool expired = false;
  bool long_stop_reached = false;
  Moment created;
  std::optional<Moment> activated;
  Nanos updated = 0;
  std::uint64_t last_sequence = 0;  // its etag
  Wide deposited = 0;
  Wide unallocated = 0;
  Wide late = 0;  // of unallocated: came too late
  Wide released = 0;
  Wide refunded = 0;
  Wide fees = 0;
  std::set<std::string> accepted;   // parties
  std::set<std::string> consented;  // parties
  std::set<std::string> deposits;   // their ids
  std::vector<Milestone> milestones;
  std::vector<Due> dues;  // in the order in which they came up

  [[nodiscard]] bool ended() const { return state >= v1::Agreement::STATE_SETTLED; }
};

struct Payout {
  v1::AccountKind source = v1::ACCOUNT_KIND_UNSPECIFIED;
  std::string party;
  std::string agreement;  // of an automatic one
  std::string currency;
  Wide amount = 0;
  v1::Payout::State state = v1::Payout::STATE_REQUESTED;
};

struct Credential {
  v1::Principal principal;
  std::string proof;
  bool revoked = false;
};

struct LegalHold {
  std::string reference;
  std::optional<Nanos> end;
  bool by_operator = false;
  bool released = false;
};

struct Party {
  std::vector<std::pair<std::string, std::string>> records;  // id and commitment, in the order of the log
  std::map<std::string, LegalHold> holds;                    // by id, released ones included
  bool erased = false;
};

using Key = std::pair<std::string, std::string>;  // platform id, id within it

struct World {
  std::map<std::string, Platform> platforms;
  std::map<Key, Party> parties;
  std::map<Key, Agreement> agreements;
  std::map<Key, Payout> payouts;
  std::map<std::string, Credential> credentials;
  Book book;
  std::set<std::string> signing_keys;
  // Used request ids, by who used them (Model::WhoIs) and the id.
  std::set<std::pair<std::string, std::string>> requests;
};

// What an agreement waits for. The order of the kinds is that in which alarms of one moment go off.
enum class AlarmKind { kFundingDeadline, kDeliveryDeadline, kDeemed, kLongStop, kPayout };
struct Alarm {
  Nanos at = 0;
  AlarmKind kind{};
  std::size_t milestone = 0;
  std::size_t requirement = 0;
  friend auto operator<=>(const Alarm&, const Alarm&) = default;
};

}  // namespace escrow::model
