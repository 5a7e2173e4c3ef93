#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "journal/journal.h"
#include "journal/rocks/format.h"
#include "rocksdb/file_system.h"

namespace escrow::journal::rocks {

// Snapshots, each a file of its own in one folder, named by its position.
//
// WHY not in RocksDB: a snapshot is never needed, so it must not be able to harm the log. RocksDB takes in a finished
// table by naming it in its MANIFEST; when the sync of that fails, it deletes the table and may have named it, and then
// the log does not open (DiskFaultTest found this). A file is also written without a compaction and without a copy.
//
// Threading: one writer; readers on any thread. Shares the file system.
class SnapshotStore {
 public:
  SnapshotStore(std::shared_ptr<rocksdb::FileSystem> files, std::string folder);

  // Makes the folder, and removes what a crash left of a snapshot. Before the first Write.
  [[nodiscard]] absl::Status Prepare() const;
  // A snapshot that is written and synced, and does not count yet. Removed with this, unless it was kept.
  class Draft {
   public:
    Draft(std::string path, std::uint64_t sequence) : path_(std::move(path)), sequence_(sequence) {}
    ~Draft();
    Draft(Draft&& other) noexcept : path_(std::exchange(other.path_, "")), sequence_(other.sequence_) {}
    Draft& operator=(Draft&&) = delete;

   private:
    friend class SnapshotStore;
    std::string path_;  // empty: there is none any more
    std::uint64_t sequence_;
  };
  // One at a time. An error of the source comes back as it is.
  [[nodiscard]] absl::StatusOr<Draft> WriteDraft(SnapshotSource& source) const;
  // Makes it count, durably; then those before FirstSnapshotKept are removed.
  [[nodiscard]] absl::Status Keep(Draft draft) const;
  // Removes those beyond event `last`, durably.
  [[nodiscard]] absl::Status ForgetAfter(std::uint64_t last) const;
  // Those whose description is whole, the newest first.
  [[nodiscard]] std::vector<SnapshotInfo> List() const;
  [[nodiscard]] absl::StatusOr<std::string> Read(std::uint64_t sequence) const;

 private:
  [[nodiscard]] std::string PathOf(std::uint64_t sequence) const;
  // Positions that files are named by, the highest first.
  [[nodiscard]] std::vector<std::uint64_t> Positions() const;
  [[nodiscard]] absl::Status WriteFile(const std::string& path, SnapshotSource& source) const;
  // The description. Its size fits the file.
  [[nodiscard]] absl::StatusOr<SnapshotRow> ReadInfo(std::uint64_t sequence) const;

  const std::shared_ptr<rocksdb::FileSystem> files_;
  const std::string folder_;
};

}  // namespace escrow::journal::rocks
