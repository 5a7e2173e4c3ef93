#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <string>

#include "rocksdb/file_system.h"

// A disk that fails when it is told to, and forgets what was not synced when the power goes.
namespace escrow::test {

enum class DiskFault {
  kNone,     // counts calls
  kError,    // the n-th call fails with EIO and has no effect
  kNoSpace,  // from the n-th call on, whatever needs room fails with ENOSPC
  kPowerCut  // the process ends at the n-th call, before it has an effect
};

// What a process that was ended by a power cut exits with.
inline constexpr int kPowerCutExit = 99;

// CrashFs: the real file system, with faults. It counts the calls that change something: open for writing, write, sync,
// rename, link, truncate, delete, sync of a folder; reads are not its matter. Beside that it keeps a record, in a file,
// of what was written and what was synced, so that another process can take away what a power cut would
// (LosePageCache); nothing that is deleted or replaced goes before the folder's sync. Threading: as RocksDB needs it.
class CrashFs final : public rocksdb::FileSystemWrapper {
 public:
  // The fault happens at call `n`, from 1. The record is kept in the new folder `record_folder`, on the same disk.
  CrashFs(DiskFault fault, std::uint64_t n, std::string record_folder);
  ~CrashFs() override;

  static const char* kClassName() { return "CrashFs"; }
  const char* Name() const override { return kClassName(); }

  [[nodiscard]] std::uint64_t calls() const { return calls_; }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomRWFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSRandomRWFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* folder,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus Truncate(const std::string& path, std::size_t size, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;

  // Counts a call; not OK when it is the one to fail. `room`: whether it needs room on the disk.
  [[nodiscard]] rocksdb::IOStatus Count(bool room);
  // Adds a line to the record.
  void Record(const std::string& line);

 private:
  // Keeps a file that is about to lose its name `path`; gives where, empty when there is none.
  std::string Keep(const std::string& path);

  const DiskFault fault_;
  const std::uint64_t n_;
  const std::string record_folder_;
  std::atomic<std::uint64_t> calls_ = 0;
  std::atomic<std::uint64_t> kept_ = 0;
  std::mutex mutex_;
  int record_ = -1;  // guarded by mutex_
};

// Takes away what the power cut did: of what was written and not synced either everything or, when `random` is given,
// all but a random beginning, and of what was overwritten random sectors; of the changes of each folder's entries since
// its last sync all but a random beginning, too. `record_folder` is
// that of the process that has ended.
void LosePageCache(const std::string& record_folder, std::mt19937_64* random);

}  // namespace escrow::test
