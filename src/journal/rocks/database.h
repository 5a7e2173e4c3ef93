#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/listener.h"

namespace escrow::journal::rocks {

// `status` as ours; `doing` says what was tried, as in "cannot open the log".
[[nodiscard]] absl::Status Convert(const rocksdb::Status& status, const std::string& doing);

[[nodiscard]] inline rocksdb::Slice Slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
[[nodiscard]] inline std::string_view View(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// Remembers the first error that RocksDB's background threads met. From then on nothing may be written. Thread-safe.
class ErrorLatch final : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override;

  [[nodiscard]] absl::Status status() const;
  // Remembers `status` if it is an error and the first one.
  void Note(const absl::Status& status);

 private:
  mutable std::mutex mutex_;
  absl::Status status_;
};

// Database: an open RocksDB with the log's column families.
//
// Threading: RocksDB's. Ownership: owns the database and holds its lock on the directory.
class Database {
 public:
  // OK when there is one in `directory`, NOT_FOUND when there is nothing that could be one; DATA_LOSS for a folder with
  // rows but without its list of files: what is there is never taken for nothing.
  [[nodiscard]] static absl::Status CheckThere(const std::string& directory);

  // `env` is where its files are: null for the disk. NOT_FOUND when there is none and `create` is false;
  // FAILED_PRECONDITION when another process has it open; DATA_LOSS when it is damaged, with the first bad position.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& directory, bool create,
                                                                      rocksdb::Env* env = nullptr);
  // For reading alone: takes no lock, changes nothing on the disk, and sees what was there when it was opened.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Database>> OpenForReading(const std::string& directory,
                                                                                rocksdb::Env* env = nullptr);
  // The same for a log that is damaged: whatever can still be read, with holes.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Database>> OpenForSalvage(const std::string& directory,
                                                                                rocksdb::Env* env = nullptr);
  // Ends background work and closes. An error is told on stderr: nothing that was acknowledged depends on it.
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  [[nodiscard]] rocksdb::DB& db() const { return *db_; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* groups() const { return families_[1]; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* meta() const { return families_[2]; }
  [[nodiscard]] ErrorLatch& errors() const { return *errors_; }
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  Database(const std::string& directory, rocksdb::Env* env);

  // What opening gave. `status` is that of RocksDB.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Database>> Opened(std::unique_ptr<Database> database,
                                                                        rocksdb::DB* db, const rocksdb::Status& status,
                                                                        rocksdb::Env* env);

  const std::string directory_;
  const std::unique_ptr<rocksdb::Env> env_;  // of LogFileSystem
  std::shared_ptr<ErrorLatch> errors_ = std::make_shared<ErrorLatch>();
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace escrow::journal::rocks
