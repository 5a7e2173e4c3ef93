#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "base/assert.h"
#include "core/state_edit.h"
#include "core/table.h"

namespace escrow::core {

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

}  // namespace escrow::core
