#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "journal/journal.h"
#include "journal/rocks/database.h"

namespace escrow::journal::rocks {

// Snapshots in the column family "snapshot". Threading: one writer; readers on any thread. Borrows the database.
class SnapshotStore {
 public:
  // `scratch` is the path of a file that may be overwritten, on the same file system.
  SnapshotStore(const Database& database, std::string scratch);

  // Removes what a crash left at `scratch`.
  void RemoveScratch() const;

  [[nodiscard]] absl::Status Write(const SnapshotInfo& info, std::string_view bytes);
  // The newest first.
  [[nodiscard]] std::vector<SnapshotInfo> List() const;
  [[nodiscard]] absl::StatusOr<std::string> Read(std::uint64_t sequence) const;

 private:
  [[nodiscard]] absl::Status WriteFile(const SnapshotInfo& info, std::string_view bytes) const;
  [[nodiscard]] absl::Status Forget(std::uint64_t sequence) const;

  const Database& database_;
  std::string scratch_;
};

}  // namespace escrow::journal::rocks
