#pragma once

#include <memory>
#include <string>

#include "rocksdb/file_system.h"

namespace escrow::journal::rocks {

// LogFileSystem: a file system on which the files of RocksDB's write-ahead log are padded with zeros ahead of what is
// written.
//
// WHY: a sync after each group has to make durable what the group added to the file. When the file grew, that is also
// its new size: a second write, which waits for the first, and as long (docs/PERFORMANCE.md, 21). Over zeros that are
// there already it is the bytes alone. PostgreSQL and SQLite write their logs over old ones for the same reason;
// RocksDB can (recycle_log_file_num), but not when damage must be told from the end of the log.
//
// What was synced is read again after a crash alone, so it leaves the system's cache at once, and the pages that hold
// it are used again for what comes next. A page that the system has not used for a while can cost more than all else
// that a group costs: a virtual machine may have to get it back from its host first (docs/PERFORMANCE.md, 38).
//
// A file is padded when a small group comes to its end; large ones, of which the size is the lesser part, just make it
// grow. It is cut to what was written when it is closed. After a crash it is not: who reads it sees it end where its
// records end (EndOfLog), as if it had never been padded. So the file has to fit into memory while it is opened; it is
// about as large as a memtable.
//
// Threading: as RocksDB's own. Ownership: shares `target`.
class LogFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit LogFileSystem(const std::shared_ptr<rocksdb::FileSystem>& target) : FileSystemWrapper(target) {}

  static const char* kClassName() { return "EscrowLogFileSystem"; }
  const char* Name() const override { return kClassName(); }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                      rocksdb::IODebugContext* debug) override;
};

}  // namespace escrow::journal::rocks
