#pragma once

// The representation of State, for state.cc, state_edit.cc and snapshot.cc only.

#include <deque>
#include <set>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "base/assert.h"
#include "core/state.h"
#include "core/state_edit.h"

namespace escrow::core {

// An id within a scope: a platform's slot, or 0 where ids are global.
using ScopedId = std::pair<std::uint32_t, std::string_view>;

inline ScopedId IdOf(const Platform& platform) { return {0, platform.id}; }
inline ScopedId IdOf(const Party& party) { return {Index(party.platform), party.id}; }
inline ScopedId IdOf(const Agreement& agreement) { return {Index(agreement.platform), agreement.id}; }
inline ScopedId IdOf(const Payout& payout) { return {Index(payout.platform), payout.id}; }
inline ScopedId IdOf(const Credential& credential) { return {0, credential.id}; }

// Makes `index`, which holds the positions of a table of `count` entries, anew. False when two are equal.
template <class Index>
[[nodiscard]] bool MakeIndex(std::size_t count, Index& index) {
  index.clear();
  index.reserve(count);
  for (std::uint32_t position = 0; position < count; ++position) {
    if (!index.insert(position).second) {
      return false;
    }
  }
  return true;
}

// Puts the last of a table of `count` entries into its index. False when an equal one is there. A full index is made
// anew in the order of the table: growing by itself it would hash its entries in the order in which they lie in it, and
// so read all of the table in no order.
template <class Index>
[[nodiscard]] bool IndexLast(std::size_t count, Index& index) {
  const bool full = index.size() >= index.capacity() - index.capacity() / 8;  // as flat_hash_set counts
  return full ? MakeIndex(count, index) : index.insert(static_cast<std::uint32_t>(count - 1)).second;
}

// Entities of one type by slot, found by id. The index holds slots only and compares with the entities' own ids: five
// bytes per entity beside the entity.
template <class Entity, class Slot>
class Table {
 public:
  Table() : index_(0, Hash{&entities_}, Equal{&entities_}) {}
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(entities_.size()); }
  [[nodiscard]] const Entity& at(Slot slot) const {
    ESCROW_ASSERT(Index(slot) < entities_.size());
    return entities_[Index(slot)];
  }
  [[nodiscard]] Entity& at(Slot slot) {
    ESCROW_ASSERT(Index(slot) < entities_.size());
    return entities_[Index(slot)];
  }
  [[nodiscard]] std::optional<Slot> Find(const ScopedId& id) const {
    // Whoever looks for an entity mostly looks for the one that was found before: a command asks for its agreement half
    // a dozen times.
    if (found_ < size() && IdOf(entities_[found_]) == id) {
      return Slot{found_};
    }
    const auto found = index_.find(id);
    if (found == index_.end()) {
      return std::nullopt;
    }
    found_ = *found;
    return Slot{found_};
  }
  Slot Add(Entity entity) {
    entities_.push_back(std::move(entity));
    const bool inserted = IndexLast(entities_.size(), index_);
    ESCROW_ASSERT(inserted);
    return Slot{size() - 1};
  }
  void RemoveLast() {
    index_.erase(size() - 1);
    entities_.pop_back();
  }
  std::deque<Entity>& entities() { return entities_; }
  // Makes the index anew after entities() was filled. False when two have the same id.
  [[nodiscard]] bool Reindex() { return MakeIndex(size(), index_); }

 private:
  struct Hash {
    using is_transparent = void;
    const std::deque<Entity>* entities;
    std::size_t operator()(std::uint32_t slot) const { return (*this)(IdOf((*entities)[slot])); }
    std::size_t operator()(const ScopedId& id) const {
      return absl::HashOf(id.first, absl::string_view(id.second.data(), id.second.size()));
    }
  };
  struct Equal {
    using is_transparent = void;
    const std::deque<Entity>* entities;
    bool operator()(std::uint32_t a, std::uint32_t b) const {
      return a == b || IdOf((*entities)[a]) == IdOf((*entities)[b]);
    }
    bool operator()(std::uint32_t a, const ScopedId& b) const { return IdOf((*entities)[a]) == b; }
    bool operator()(const ScopedId& a, std::uint32_t b) const { return (*this)(b, a); }
  };

  std::deque<Entity> entities_;
  absl::flat_hash_set<std::uint32_t, Hash, Equal> index_;
  mutable std::uint32_t found_ = 0;  // position of what was found last
};

struct RequestEntry {
  RequestKey key;
  std::uint64_t sequence = 0;
};

// Request ids in order of the log, found by key.
class RequestTable {
 public:
  RequestTable() : index_(0, Hash{&entries_}, Equal{&entries_}) {}
  RequestTable(const RequestTable&) = delete;
  RequestTable& operator=(const RequestTable&) = delete;

  [[nodiscard]] std::uint64_t Find(const RequestKey& key) const {
    const auto found = index_.find(key);
    return found == index_.end() ? 0 : entries_[*found].sequence;
  }
  void Add(const RequestKey& key, std::uint64_t sequence) {
    entries_.push_back({key, sequence});
    const bool inserted = IndexLast(entries_.size(), index_);
    ESCROW_ASSERT(inserted);
  }
  void Truncate(std::size_t size) {
    while (entries_.size() > size) {
      index_.erase(static_cast<std::uint32_t>(entries_.size() - 1));
      entries_.pop_back();
    }
  }
  std::deque<RequestEntry>& entries() { return entries_; }
  [[nodiscard]] bool Reindex() { return MakeIndex(entries_.size(), index_); }

 private:
  struct Hash {
    using is_transparent = void;
    const std::deque<RequestEntry>* entries;
    std::size_t operator()(std::uint32_t i) const { return (*this)((*entries)[i].key); }
    std::size_t operator()(const RequestKey& key) const { return absl::HashOf(key.id.hi, key.id.lo, key.principal); }
  };
  struct Equal {
    using is_transparent = void;
    const std::deque<RequestEntry>* entries;
    bool operator()(std::uint32_t a, std::uint32_t b) const { return a == b || (*entries)[a].key == (*entries)[b].key; }
    bool operator()(std::uint32_t a, const RequestKey& b) const { return (*entries)[a].key == b; }
    bool operator()(const RequestKey& a, std::uint32_t b) const { return (*this)(b, a); }
  };

  std::deque<RequestEntry> entries_;
  absl::flat_hash_set<std::uint32_t, Hash, Equal> index_;
};

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
  std::string log_id;
  std::uint64_t last_sequence = 0;
  base::Time last_log_time;
  std::vector<SigningKey> signing_keys;

  Table<Platform, PlatformSlot> platforms;
  Table<Party, PartySlot> parties;
  Table<Agreement, AgreementSlot> agreements;
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

  // Puts the agreement where its next deadline belongs.
  void UpdateDeadline(AgreementSlot slot);
  void UpdateSandboxDue(PlatformSlot slot);
};

}  // namespace escrow::core
