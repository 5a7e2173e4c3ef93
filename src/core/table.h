#pragma once

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
  // REQUIRES: none has its id.
  Slot Add(Entity entity) {
    const bool added = TryAdd(std::move(entity));
    ESCROW_ASSERT(added);
    return Slot{size() - 1};
  }
  // False, and nothing is added, when one has its id.
  [[nodiscard]] bool TryAdd(Entity entity) {
    entities_.push_back(std::move(entity));
    if (!IndexLast(entities_.size(), index_)) {
      entities_.pop_back();
      return false;
    }
    return true;
  }
  void Reserve(std::size_t count) { index_.reserve(count); }
  void RemoveLast() {
    index_.erase(size() - 1);
    entities_.pop_back();
  }
  void Clear() {
    index_.clear();
    entities_.clear();
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

}  // namespace escrow::core
