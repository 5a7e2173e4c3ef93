#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "journal/journal.h"
#include "journal/rocks/database.h"
#include "journal/rocks/format.h"
#include "journal/rocks/options.h"

// Rows of the log in their order, each checked as it is read. Any thread. Errors: DATA_LOSS, naming the first bad
// position; UNAVAILABLE when the disk cannot be read.
namespace escrow::journal::rocks {

[[nodiscard]] inline rocksdb::Slice KeySlice(const SequenceKey& key) { return {key.data(), key.size()}; }

[[nodiscard]] std::unique_ptr<rocksdb::Iterator> Scan(const Database& database, rocksdb::ColumnFamilyHandle* family,
                                                      const rocksdb::ReadOptions& options = ScanRead());

// "Event N is missing."
[[nodiscard]] absl::Status Gap(std::uint64_t sequence);

// A failed read that stands between the caller and event `sequence`: damage is named as such, with its position.
[[nodiscard]] absl::Status ReadFailure(const rocksdb::Status& status, std::uint64_t sequence);

// The group row under the iterator. REQUIRES: Valid.
[[nodiscard]] absl::StatusOr<GroupRow> GroupAt(const rocksdb::Iterator& row);

// The row of the group that ends at `last`; nothing when there is none.
[[nodiscard]] absl::StatusOr<std::optional<GroupRow>> FindGroup(const Database& database, std::uint64_t last);

// Visits the events from `first` to `last`.
[[nodiscard]] absl::Status VisitEvents(const Database& database, const rocksdb::ReadOptions& options,
                                       std::uint64_t first, std::uint64_t last, const Journal::Visitor& visit);

// Visits the events from `first` to `last`, and the end of each group after its last event.
[[nodiscard]] absl::Status VisitGroups(const Database& database, std::uint64_t first, std::uint64_t last,
                                       const Journal::Visitor& event, const Journal::GroupVisitor& group_end);

}  // namespace escrow::journal::rocks
