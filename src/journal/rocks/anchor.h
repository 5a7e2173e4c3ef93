#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "journal/journal.h"
#include "rocksdb/file_system.h"

namespace escrow::journal::rocks {

// Anchor: a small file beside RocksDB that remembers how far the log had come. A data directory from a backup, a lost
// file of the write-ahead log or a cut log is older than its anchor, and RocksDB alone cannot tell: it does not keep
// track of what it had synced (architecture.md §3.7).
//
// The file has two slots, each in a block of its own, that are written in turns, so that a torn write leaves the other:
//
//   at 0 and 4096:  "escrow-anchor-1\0" | be64 turn | be64 sequence | root (32) | be32 crc32c | zeros to 512
//
// The slot with the higher turn counts. It is written through RocksDB's file system, so that whoever tests with failing
// disks has one place to put them. Threading: not thread-safe. Ownership: owns the open file, shares the file system.
class Anchor {
 public:
  using FileSystem = std::shared_ptr<rocksdb::FileSystem>;

  // What the anchor at `path` remembers. NOT_FOUND when there is none; DATA_LOSS when neither slot is whole.
  [[nodiscard]] static absl::StatusOr<Tail> Read(const FileSystem& files, const std::string& path);
  // Opens the anchor at `path` for writing. Errors as of Read.
  [[nodiscard]] static absl::StatusOr<Anchor> Open(const FileSystem& files, const std::string& path);
  // Makes one, durably, that remembers `tail`. Replaces what is there, whole or not at all.
  [[nodiscard]] static absl::StatusOr<Anchor> Create(const FileSystem& files, const std::string& path,
                                                     const Tail& tail);

  // What is remembered.
  [[nodiscard]] const Tail& tail() const { return slot_.tail; }
  // Remembers `tail`, durably.
  [[nodiscard]] absl::Status Write(const Tail& tail);

 private:
  struct Slot {
    std::uint64_t turn = 0;
    Tail tail;
  };

  explicit Anchor(const Slot& slot) : slot_(slot) {}
  [[nodiscard]] static std::string EncodeSlot(const Slot& slot);
  [[nodiscard]] static absl::StatusOr<Slot> ReadNewest(const FileSystem& files, const std::string& path);

  FileSystem files_;
  std::unique_ptr<rocksdb::FSRandomRWFile> file_;
  Slot slot_;  // the one that counts
};

// Makes a change of a folder's entries durable.
[[nodiscard]] absl::Status SyncFolder(rocksdb::FileSystem& files, const std::string& folder);

}  // namespace escrow::journal::rocks
