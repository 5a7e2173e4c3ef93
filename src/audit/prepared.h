#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "audit/complaint.h"
#include "audit/entry_source.h"
#include "escrow/v1/event.pb.h"
#include "google/protobuf/arena.h"
#include "tlog/merkle.h"

namespace escrow::audit {

// A bundle of entries, hashed and parsed: all that can be done with entries without knowing those before them.
struct PreparedBundle {
  std::uint64_t first = 0;  // leaf index of its first entry
  std::vector<tlog::Hash> leaves;
  tlog::Hash root{};                     // of a full bundle
  std::vector<const v1::Event*> events;  // up to the first entry that is none; in the batch's arena
  Complaint wrong;                       // with entry events.size(), or with the bundle as a whole
};

// Some bundles, in order. What a worker makes of a part of the log while the part before it is being checked.
struct PreparedBatch {
  absl::Status status;  // of reading; the bundles before it are there
  std::unique_ptr<google::protobuf::Arena> arena;
  std::vector<PreparedBundle> bundles;
};

inline constexpr std::uint64_t kBatchEntries = 16 * 256;

// Prepares the entries from leaf `first` (a multiple of 256) on, kBatchEntries of them or up to leaf `size`.
[[nodiscard]] PreparedBatch PrepareBatch(EntrySource& source, std::uint64_t first, std::uint64_t size);

}  // namespace escrow::audit
