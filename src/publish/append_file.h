#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace escrow::publish {

// AppendFile: a file that only grows, written through a buffer. Its last 8 MiB stay in the system's cache, for those
// who follow the log; what is older leaves it and is read from the disk. So a log of any length takes the same memory,
// and new bytes go where old ones were (docs/PERFORMANCE.md, 38). The disk begins to write with each Flush, so that a
// Sync finds little to do, during which the syncs of others wait.
//
// Threading: Append, Flush and Sync from one thread; Read from any, of what a Flush has written before. Errors:
// UNAVAILABLE, naming the file and what the operating system said. After a failed Flush or Sync nobody knows what is in
// the file: open it again.
class AppendFile {
 public:
  // Opens the file, makes it if need be, to go on behind its first `size` bytes. What stands behind them stays until it
  // is written over. DATA_LOSS when the file is shorter.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<AppendFile>> Open(const std::string& path, std::uint64_t size);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  void Append(std::string_view bytes) { buffer_.append(bytes); }
  // Bytes appended, those in the buffer too.
  [[nodiscard]] std::uint64_t size() const { return written_ + buffer_.size(); }

  // Hands the buffer to the operating system.
  [[nodiscard]] absl::Status Flush();
  // Makes durable what was flushed.
  [[nodiscard]] absl::Status Sync();

  // `count` bytes from `offset`. DATA_LOSS when the file ends before.
  [[nodiscard]] absl::StatusOr<std::string> Read(std::uint64_t offset, std::size_t count) const;

 private:
  AppendFile(std::string path, int descriptor, std::uint64_t size);

  void LetDiskWrite();

  const std::string path_;
  const int descriptor_;
  std::uint64_t written_;
  std::uint64_t forgotten_;  // what left the system's cache
  std::string buffer_;
};

}  // namespace escrow::publish
