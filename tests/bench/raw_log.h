#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "journal/journal.h"

// What RocksDB itself can do: the limit that the engine is compared with. The settings of the journal and the same
// events, a row an event, but nothing of what a ledger needs around them: no checksums of ours, no roots, no groups.
namespace escrow::bench {

// Events as stored, back to back; ends[i] is where the i-th ends.
struct Stretch {
  std::string bytes;
  std::vector<std::size_t> ends;
  std::size_t groups = 0;  // in which they were made durable

  // Mean events per sync, rounded, at least 1.
  [[nodiscard]] std::size_t events_per_group() const;
};

// The events of `log` after `after` up to its end. REQUIRES: there are some.
[[nodiscard]] Stretch ReadStretch(const journal::Journal& log, std::uint64_t after);

// Appends the events to a new database in `directory`: one thread, `events_per_group` events per write, each write
// synced. Returns seconds.
[[nodiscard]] double AppendRaw(const std::string& directory, const Stretch& stretch, std::size_t events_per_group);

// Copies events 1 to `through` of `log` to a new database in `directory`, not measured.
void CopyRaw(const journal::Journal& log, std::uint64_t through, const std::string& directory);

// Reads all rows of the database in `directory`. Returns seconds. REQUIRES: it has `rows` rows.
[[nodiscard]] double ScanRaw(const std::string& directory, std::uint64_t rows);

}  // namespace escrow::bench
