#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "journal/journal.h"

namespace rocksdb {
class DB;
}

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

// A database that only grows. It stays open from one stretch to the next, as the engine's does, so that it pays for
// the writing out and the compaction of what it holds as the engine's does.
class RawLog {
 public:
  // A new one in `directory`.
  explicit RawLog(const std::string& directory);
  ~RawLog();
  RawLog(const RawLog&) = delete;
  RawLog& operator=(const RawLog&) = delete;

  // Appends events: one thread, `events_per_group` events per write, each write synced. Returns seconds.
  [[nodiscard]] double Append(const Stretch& stretch, std::size_t events_per_group);

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::uint64_t sequence_ = 0;
};

// Copies events 1 to `through` of `log` to a new database in `directory`, not measured.
void CopyRaw(const journal::Journal& log, std::uint64_t through, const std::string& directory);

// Reads all rows of the database in `directory`. Returns seconds. REQUIRES: it has `rows` rows.
[[nodiscard]] double ScanRaw(const std::string& directory, std::uint64_t rows);

}  // namespace escrow::bench
