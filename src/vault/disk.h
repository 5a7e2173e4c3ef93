#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace escrow::vault {

// Disk: what the vault asks of a folder of a disk, in steps that a power cut cannot divide without being named here.
// Paths are relative to the folder. Errors: NOT_FOUND, RESOURCE_EXHAUSTED (no room), otherwise UNAVAILABLE; each names
// path and cause. Threading: one call at a time.
class Disk {
 public:
  virtual ~Disk() = default;

  // At most `size` bytes of a file from `offset`; fewer at its end.
  [[nodiscard]] virtual absl::StatusOr<std::string> Read(const std::string& path, std::uint64_t offset,
                                                         std::size_t size) = 0;
  // The names in a folder, sorted.
  [[nodiscard]] virtual absl::StatusOr<std::vector<std::string>> List(const std::string& folder) = 0;

  // Makes a folder, if there is none.
  [[nodiscard]] virtual absl::Status MakeFolder(const std::string& path) = 0;
  // A file with these contents, whatever was there. The contents are durable, its name is not. After a power cut, or an
  // error, anything may be there.
  [[nodiscard]] virtual absl::Status WriteFile(const std::string& path, std::string_view bytes) = 0;
  // Writes into a file where its bytes lie, or at its end, and syncs. After a power cut some of them may be written.
  [[nodiscard]] virtual absl::Status Overwrite(const std::string& path, std::uint64_t offset,
                                               std::string_view bytes) = 0;
  // Not durable before SyncFolder.
  [[nodiscard]] virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
  // The same. Nothing happens when there is no such file.
  [[nodiscard]] virtual absl::Status Remove(const std::string& path) = 0;
  [[nodiscard]] virtual absl::Status SyncFolder(const std::string& path) = 0;
};

}  // namespace escrow::vault
