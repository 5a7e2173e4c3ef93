#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "base/assert.h"
#include "core/state.h"

// Tables of the state's representation. For the .cc files of the core's state only.
namespace escrow::core {

// An id within a scope: a platform's slot, or 0 where ids are global.
using ScopedId = std::pair<std::uint32_t, std::string_view>;

inline ScopedId IdOf(const Platform& platform) { return {0, platform.id}; }
inline ScopedId IdOf(const Party& party) { return {Index(party.platform), party.id}; }
inline ScopedId IdOf(const Payout& payout) { return {Index(payout.platform), payout.id}; }
inline ScopedId IdOf(const Credential& credential) { return {0, credential.id}; }

inline std::size_t HashOfKey(const ScopedId& id) {
  return absl::HashOf(id.first, absl::string_view(id.second.data(), id.second.size()));
}

// Positions of a deque's values, found by key. The keys are the values' own, IdOf and HashOfKey say which; here are
// half of their hashes, so that growing and most of searching need not look at the values, which lie anywhere in
// memory. Cost: 9 bytes a value, divided by how full the set is.
template <class Value>
class KeyIndex {
 public:
  using Key = decltype(IdOf(std::declval<const Value&>()));

  // Borrows the values.
  explicit KeyIndex(const std::deque<Value>& values) : values_(values), set_(0, Hash{}, Equal{&values}) {}

  [[nodiscard]] std::optional<std::uint32_t> Find(const Key& key) const {
    const auto found = set_.find(Probe{.hash = HalfHash(key), .key = key});
    return found == set_.end() ? std::nullopt : std::optional(found->position);
  }
  // Half of the hash of a key, by which the following ask for memory ahead: most of the time of finding one of millions
  // of values is waiting for it.
  [[nodiscard]] static std::uint32_t HalfHash(const Key& key) { return static_cast<std::uint32_t>(HashOfKey(key)); }
  // Asks for the place of such keys here.
  void Prefetch(std::uint32_t half_hash) const { set_.prefetch(Entry{.hash = half_hash, .position = 0}); }
  // The position of the value that has such a key, or of another one with an equal half.
  [[nodiscard]] std::optional<std::uint32_t> Candidate(std::uint32_t half_hash) const {
    const auto found = set_.find(HalfProbe{half_hash});
    return found == set_.end() ? std::nullopt : std::optional(found->position);
  }
  // Puts in the value at `position`. False when there is one with its key.
  [[nodiscard]] bool Insert(std::uint32_t position) { return set_.insert(EntryOf(position)).second; }
  // REQUIRES: the value at `position` is in.
  void Erase(std::uint32_t position) { set_.erase(EntryOf(position)); }
  void Clear() { set_.clear(); }
  // Puts in all values anew. False when two have one key.
  [[nodiscard]] bool Fill() {
    set_.clear();
    set_.reserve(values_.size());
    Filler filler(*this);
    for (std::uint32_t position = 0; position < values_.size(); ++position) {
      if (!filler.Insert(position)) {
        return false;
      }
    }
    return filler.Finish();
  }

 private:
  class Filler;

  struct Entry {
    std::uint32_t hash = 0;
    std::uint32_t position = 0;
  };
  struct Probe {
    std::uint32_t hash = 0;
    const Key& key;
  };
  struct HalfProbe {
    std::uint32_t hash = 0;
  };
  struct Hash {
    using is_transparent = void;
    // The half is a good hash already; it only has to reach the upper bits, which a very large set asks for.
    static std::size_t Spread(std::uint32_t half) { return std::size_t{half} * 0x9e3779b97f4a7c15U; }
    std::size_t operator()(const Entry& entry) const { return Spread(entry.hash); }
    std::size_t operator()(const Probe& probe) const { return Spread(probe.hash); }
    std::size_t operator()(const HalfProbe& probe) const { return Spread(probe.hash); }
  };
  struct Equal {
    using is_transparent = void;
    const std::deque<Value>* values;
    bool operator()(const Entry& a, const Entry& b) const {
      return a.hash == b.hash &&
             (a.position == b.position || IdOf((*values)[a.position]) == IdOf((*values)[b.position]));
    }
    bool operator()(const Entry& a, const Probe& b) const {
      return a.hash == b.hash && IdOf((*values)[a.position]) == b.key;
    }
    bool operator()(const Probe& a, const Entry& b) const { return (*this)(b, a); }
    bool operator()(const Entry& a, const HalfProbe& b) const { return a.hash == b.hash; }
    bool operator()(const HalfProbe& a, const Entry& b) const { return a.hash == b.hash; }
  };

  [[nodiscard]] Entry EntryOf(std::uint32_t position) const {
    return {.hash = HalfHash(IdOf(values_[position])), .position = position};
  }

  const std::deque<Value>& values_;
  absl::flat_hash_set<Entry, Hash, Equal> set_;
};

// Puts many values in: each some values late, so that its place in the set, which may be anywhere in memory, has come
// by then: most of the time of filling a large index is waiting for that otherwise.
template <class Value>
class KeyIndex<Value>::Filler {
 public:
  explicit Filler(KeyIndex& index) : index_(index) {}

  // As KeyIndex::Insert, but says so of the value put in, which is an earlier one.
  [[nodiscard]] bool Insert(std::uint32_t position) {
    Entry& next = late_[count_++ % kLate];
    const Entry due = std::exchange(next, index_.EntryOf(position));
    index_.set_.prefetch(next);
    return count_ <= kLate || index_.set_.insert(due).second;
  }
  // Puts in the rest. Call it once, last.
  [[nodiscard]] bool Finish() {
    bool inserted = true;
    for (std::size_t i = count_ - std::min(count_, kLate); i < count_; ++i) {
      inserted = index_.set_.insert(late_[i % kLate]).second && inserted;
    }
    return inserted;
  }

 private:
  static constexpr std::size_t kLate = 16;

  KeyIndex& index_;
  std::array<Entry, kLate> late_;
  std::size_t count_ = 0;
};

// Entities of one type by slot, found by id.
template <class Entity, class Slot>
class Table {
 public:
  Table() : index_(entities_) {}
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
    // Whoever looks for an entity mostly looks for one of the two that were found last: a command asks for its
    // agreement half a dozen times, and for its buyer and its seller in turn.
    for (const std::uint32_t position : found_) {
      if (position < size() && IdOf(entities_[position]) == id) {
        return Slot{position};
      }
    }
    const std::optional<std::uint32_t> found = index_.Find(id);
    if (!found) {
      return std::nullopt;
    }
    found_ = {*found, found_[0]};
    return Slot{*found};
  }
  // See KeyIndex.
  [[nodiscard]] const KeyIndex<Entity>& index() const { return index_; }
  // REQUIRES: none has its id.
  Slot Add(Entity entity) {
    entities_.push_back(std::move(entity));
    const bool added = index_.Insert(size() - 1);
    ESCROW_ASSERT(added);
    return Slot{size() - 1};
  }
  void RemoveLast() {
    index_.Erase(size() - 1);
    entities_.pop_back();
  }
  void Clear() {
    index_.Clear();
    entities_.clear();
  }
  std::deque<Entity>& entities() { return entities_; }
  // Makes the index anew after entities() was filled. False when two have the same id.
  [[nodiscard]] bool Reindex() { return index_.Fill(); }

 private:
  std::deque<Entity> entities_;
  KeyIndex<Entity> index_;
  mutable std::array<std::uint32_t, 2> found_{};  // positions of the two found last, the last one first
};

}  // namespace escrow::core
