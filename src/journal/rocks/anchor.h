#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "journal/journal.h"

namespace escrow::journal::rocks {

// Anchor: a small file beside RocksDB that remembers how far the log had come. A data directory from a backup, a lost
// file of the write-ahead log or a cut log is older than its anchor, and RocksDB alone cannot tell: it does not keep
// track of what it had synced (architecture.md §3.7).
//
// The file has two slots, each in a block of its own, that are written in turns, so that a torn write leaves the other:
//
//   at 0 and 4096:  "escrow-anchor-1\0" | be64 turn | be64 sequence | root (32) | be32 crc32c | zeros to 512
//
// The slot with the higher turn counts. Threading: not thread-safe. Ownership: owns the file descriptor.
class Anchor {
 public:
  // Opens the anchor at `path`. NOT_FOUND when there is none; DATA_LOSS when neither slot is whole.
  [[nodiscard]] static absl::StatusOr<Anchor> Open(const std::string& path);
  // Makes one, durably, that remembers `tail`. Replaces what is there.
  [[nodiscard]] static absl::StatusOr<Anchor> Create(const std::string& path, const Tail& tail);

  Anchor(Anchor&& other) noexcept;
  Anchor& operator=(Anchor&& other) noexcept;
  ~Anchor();

  // What is remembered.
  [[nodiscard]] const Tail& tail() const { return tail_; }
  // Remembers `tail`, durably.
  [[nodiscard]] absl::Status Write(const Tail& tail);

 private:
  explicit Anchor(int file) : file_(file) {}

  int file_ = -1;
  std::uint64_t turn_ = 0;  // of the slot that counts
  Tail tail_;
};

}  // namespace escrow::journal::rocks
