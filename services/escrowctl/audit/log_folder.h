#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tlog/checkpoint.h"
#include "tlog/merkle.h"

namespace escrow::ctl {

// LogFolder: writes a log export: a folder as https://c2sp.org/tlog-tiles lays a log out (checkpoint, tile/...,
// tile/entries/...), which any verifier of such logs can read and any web server can serve.
//
// Threading: one thread. Limits: a tile of each level in memory. After an error the folder is of no use.
class LogFolder {
 public:
  // Makes the folder. FAILED_PRECONDITION when it is there and not empty.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<LogFolder>> Create(const std::string& folder);

  // Adds the next entry. REQUIRES: at most 65,535 bytes.
  [[nodiscard]] absl::Status Add(std::string_view entry);

  // Writes what is left of the tiles, and last the checkpoint. DATA_LOSS when the entries do not give its root.
  [[nodiscard]] absl::Status Finish(const tlog::SignedCheckpoint& checkpoint);

  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  // The tile of a level that is filling: its hashes back to back, and the tree over them.
  struct Level {
    std::string hashes;
    tlog::CompactRange tree;
    std::uint64_t written = 0;  // full tiles
  };

  explicit LogFolder(std::string folder) : folder_(std::move(folder)) {}

  [[nodiscard]] absl::Status AddHash(std::size_t level, const tlog::Hash& hash);
  [[nodiscard]] absl::Status WriteHashes(std::size_t level, std::uint32_t width);
  [[nodiscard]] absl::Status WriteBundle(std::uint32_t width);
  [[nodiscard]] absl::Status Write(const std::string& path, std::string_view bytes) const;
  [[nodiscard]] tlog::Hash Root();

  const std::string folder_;
  tlog::TreeHasher hasher_;
  std::uint64_t size_ = 0;
  std::string bundle_;
  std::vector<Level> levels_{1};
};

}  // namespace escrow::ctl
