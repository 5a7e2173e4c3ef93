#pragma once

#include <memory>
#include <string>

#include "vault/disk.h"

namespace escrow::vault {

// PosixDisk: a folder of a real disk, for its owner alone (0700, files 0600), locked against a second process.
class PosixDisk final : public Disk {
 public:
  // Makes the folder when it is missing. UNAVAILABLE when that fails or another process has it.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<PosixDisk>> Open(const std::string& folder);
  ~PosixDisk() override;
  PosixDisk(const PosixDisk&) = delete;
  PosixDisk& operator=(const PosixDisk&) = delete;

  absl::StatusOr<std::string> Read(const std::string& path, std::uint64_t offset, std::size_t size) override;
  absl::StatusOr<std::vector<std::string>> List(const std::string& folder) override;
  absl::Status MakeFolder(const std::string& path) override;
  absl::Status WriteFile(const std::string& path, std::string_view bytes) override;
  absl::Status Overwrite(const std::string& path, std::uint64_t offset, std::string_view bytes) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& path) override;
  absl::Status SyncFolder(const std::string& path) override;

 private:
  PosixDisk(std::string folder, int handle) : folder_(std::move(folder)), handle_(handle) {}

  // The error of the last call of the system, about `path`.
  [[nodiscard]] absl::Status Failure(std::string_view what, const std::string& path) const;

  const std::string folder_;
  const int handle_;  // of the folder; holds the lock
};

}  // namespace escrow::vault
