#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "journal/journal.h"
#include "journal/rocks/database.h"

// What is checked of a log before it is served, because RocksDB does not: it opens a log with a hole, without its end,
// or older than it was, without a word (architecture.md §3.7). Errors: DATA_LOSS naming the first bad position.
namespace escrow::journal::rocks {

// Whether the log has been made: its format is the last thing that creation writes. UNIMPLEMENTED for another format.
[[nodiscard]] absl::StatusOr<bool> HasFormat(const Database& database);

// Checks the structure and gives where the log ends: it begins at event 1, and from the newest snapshot within it on
// groups follow each other without a gap, each as it was written. `snapshots`: the newest first.
[[nodiscard]] absl::StatusOr<Tail> CheckStructure(const Database& database, const std::vector<SnapshotInfo>& snapshots);

// No snapshot may be beyond the log: it was made of events that were acknowledged.
[[nodiscard]] absl::Status CheckSnapshots(const std::vector<SnapshotInfo>& snapshots, const Tail& tail);

// Where the last group ends of which, and before which, everything can be read. Takes as long as reading the log.
[[nodiscard]] absl::StatusOr<Tail> LastReadable(const Database& database);

// The log must contain what the anchor remembers.
[[nodiscard]] absl::Status CheckAnchor(const Database& database, const Tail& anchor, const Tail& tail);

// Why the log in `directory` does not open, given what RocksDB said: DATA_LOSS with the first event that cannot be
// read, found by reading all that still can. Changes nothing on the disk. Takes as long as reading the log.
[[nodiscard]] absl::Status ExplainDamage(const std::string& directory, rocksdb::Env* env, const std::string& said);

}  // namespace escrow::journal::rocks
