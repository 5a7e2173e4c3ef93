#pragma once

#include <cstdint>
#include <memory>

#include "absl/functional/function_ref.h"
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

// The rows of all groups.
[[nodiscard]] std::unique_ptr<rocksdb::Iterator> ScanGroups(const Database& database,
                                                            const rocksdb::ReadOptions& options = ScanRead());

// "Event N is missing."
[[nodiscard]] absl::Status Gap(std::uint64_t sequence);

// A failed read that stands between the caller and event `sequence`: damage is named as such, with its position.
[[nodiscard]] absl::Status ReadFailure(const rocksdb::Status& status, std::uint64_t sequence);

// Visits the groups from the one that has event `first` to the one that has event `last`, all of which must be there,
// until the visitor returns false.
[[nodiscard]] absl::Status VisitGroups(const Database& database, const rocksdb::ReadOptions& options,
                                       std::uint64_t first, std::uint64_t last,
                                       absl::FunctionRef<bool(const GroupRow&)> visit);

// Visits the events from `first` to `last`, all of which must be there, until the visitor returns false.
[[nodiscard]] absl::Status VisitEvents(const Database& database, const rocksdb::ReadOptions& options,
                                       std::uint64_t first, std::uint64_t last, const Journal::Visitor& visit);

}  // namespace escrow::journal::rocks
