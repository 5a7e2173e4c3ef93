#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "absl/hash/hash.h"
#include "base/assert.h"
#include "core/state_edit.h"
#include "core/table.h"

namespace escrow::core {

struct RequestEntry {
  RequestKey key;
  std::uint64_t sequence = 0;
};

inline const RequestKey& IdOf(const RequestEntry& entry) { return entry.key; }
inline std::size_t HashOfKey(const RequestKey& key) { return absl::HashOf(key.id.hi, key.id.lo, key.principal); }

// Request ids in order of the log, found by key.
class RequestTable {
 public:
  RequestTable() : index_(entries_) {}
  RequestTable(const RequestTable&) = delete;
  RequestTable& operator=(const RequestTable&) = delete;

  [[nodiscard]] std::uint64_t Find(const RequestKey& key) const {
    const std::optional<std::uint32_t> found = index_.Find(key);
    return found ? entries_[*found].sequence : 0;
  }
  // Asks for the memory that Find and Add will need.
  void Announce(const RequestKey& key) const { index_.Prefetch(KeyIndex<RequestEntry>::HalfHash(key)); }
  void Add(const RequestKey& key, std::uint64_t sequence) {
    entries_.push_back({key, sequence});
    const bool inserted = index_.Insert(static_cast<std::uint32_t>(entries_.size() - 1));
    ESCROW_ASSERT(inserted);
  }
  void Truncate(std::size_t size) {
    while (entries_.size() > size) {
      index_.Erase(static_cast<std::uint32_t>(entries_.size() - 1));
      entries_.pop_back();
    }
  }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(entries_.size()); }
  std::deque<RequestEntry>& entries() { return entries_; }
  [[nodiscard]] bool Reindex() { return index_.Fill(); }

 private:
  std::deque<RequestEntry> entries_;
  KeyIndex<RequestEntry> index_;
};

}  // namespace escrow::core
