#pragma once

#include <memory>
#include <string>
#include <vector>

#include "journal/journal.h"

namespace rocksdb {
class Env;
}

namespace escrow::journal {

struct RocksOptions {
  std::string directory{};  // of the log; the database is in its subfolder "log"
  // Make a log when the directory has none.
  bool create = false;
  // Serve a log that is older than its anchor, or whose anchor is lost: acknowledged history is given up. Only ever for
  // the operator who knows why.
  bool accept_rollback = false;
  // Where the anchor is; empty: `directory`/anchor. Elsewhere, best on another disk, it also finds out when the whole
  // directory comes back older than it was.
  std::string anchor_path{};
  // Write the anchor with each group, before it counts as durable: then no acknowledged group can go without being
  // missed. Otherwise the anchor lags up to a second behind. Costs a second sync for each group.
  bool anchor_each_group = false;
  // Where the files are; null: the disk. For tests with a disk that fails.
  rocksdb::Env* env = nullptr;
};

// RocksJournal: the journal on an embedded RocksDB. The only code that knows RocksDB.
//
//   directory/log          RocksDB: rows as in rocks/format.h, settings as in rocks/options.cc
//   directory/anchor       how far the log had come, outside of RocksDB (rocks/anchor.h)
//   directory/snapshots/…  each a file (rocks/snapshot_store.h)
//
// A group is one WriteBatch with one sync. Threading as Journal says. The directory is locked while the journal is
// open. Before a snapshot is written the events it stands for are moved from the write-ahead log to checksummed tables,
// so that what a recovery from the snapshot does not read again cannot get lost with a log file.
class RocksJournal final : public Journal {
 public:
  // Opens the log and checks it: format, contiguous groups since the newest snapshot, first event, tail, anchor. What
  // the events say is for Read and Replay to check. Errors, each saying what is wrong and what to do: NOT_FOUND (no log
  // here), FAILED_PRECONDITION (in use by another process), UNIMPLEMENTED (another format), DATA_LOSS (damage, a gap,
  // or acknowledged history would be rolled back).
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<RocksJournal>> Open(const RocksOptions& options);
  // Opens the log only to read it, with the same checks but for the anchor, which anchor() tells of. Takes no lock and
  // changes nothing on the disk; sees what was durable when it was opened. Writing it is FAILED_PRECONDITION.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<RocksJournal>> OpenForReading(const RocksOptions& options);
  // Opens what can still be read of a damaged log, from event 1 to the end of the last group before the first damage.
  // Otherwise as OpenForReading, without any check.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<RocksJournal>> OpenForSalvage(const RocksOptions& options);
  // Everything that was appended is durable already; closing only ends background work.
  ~RocksJournal() override;

  [[nodiscard]] absl::Status Append(const Group& group) override;
  [[nodiscard]] absl::Status Read(std::uint64_t first, const Visitor& visit) const override;
  [[nodiscard]] absl::Status Replay(std::uint64_t first, const Visitor& event,
                                    const GroupVisitor& group_end) const override;
  [[nodiscard]] absl::StatusOr<std::string> ReadOne(std::uint64_t sequence) const override;
  [[nodiscard]] Tail tail() const override;
  [[nodiscard]] absl::Status WriteSnapshot(SnapshotSource& source) override;
  [[nodiscard]] std::vector<SnapshotInfo> Snapshots() const override;
  [[nodiscard]] absl::StatusOr<std::string> ReadSnapshot(std::uint64_t sequence) const override;
  [[nodiscard]] absl::Status WriteAnchor() override;
  [[nodiscard]] absl::StatusOr<std::uint64_t> FreeBytes() const override;

  // What the anchor remembered when the log was opened; why not, when there is none or it contradicts the log.
  [[nodiscard]] absl::StatusOr<Tail> anchor() const;
  // Reads every block of every file against its checksum, also those that hold no rows. DATA_LOSS names the file.
  [[nodiscard]] absl::Status VerifyFiles() const;

 private:
  struct Impl;
  explicit RocksJournal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace escrow::journal
