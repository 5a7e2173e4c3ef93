#include "journal/rocks/database.h"

#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "journal/damage.h"
#include "journal/rocks/format.h"
#include "journal/rocks/guard.h"
#include "journal/rocks/log_file_system.h"
#include "journal/rocks/options.h"
#include "rocksdb/convenience.h"

namespace escrow::journal::rocks {

absl::Status Convert(const rocksdb::Status& status, const std::string& doing) {
  if (status.ok()) {
    return absl::OkStatus();
  }
  const std::string text = absl::StrCat(doing, ": ", status.ToString());
  if (status.IsCorruption()) {
    return absl::DataLossError(text);
  }
  if (status.IsNotFound()) {
    return absl::NotFoundError(text);
  }
  if (status.IsInvalidArgument()) {
    return absl::FailedPreconditionError(text);
  }
  return absl::UnavailableError(text);
}

void ErrorLatch::OnBackgroundError(rocksdb::BackgroundErrorReason /*reason*/, rocksdb::Status* error) {
  Note(Convert(*error, "the log's background work failed"));
}

absl::Status ErrorLatch::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void ErrorLatch::Note(const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  status_.Update(status);
}

namespace {

// Whether files with rows of a log are there: of its tables or of its write-ahead log.
bool HasRows(const std::string& directory) {
  std::error_code none;
  for (const std::filesystem::directory_entry& file : std::filesystem::directory_iterator(directory, none)) {
    const std::filesystem::path extension = file.path().extension();
    if (extension == ".sst" || extension == ".log") {
      return true;
    }
  }
  return false;
}

}  // namespace

Database::Database(const std::string& directory, rocksdb::Env* env)
    : directory_(directory),
      env_(rocksdb::NewCompositeEnv(
          std::make_shared<LogFileSystem>(env == nullptr ? rocksdb::FileSystem::Default() : env->GetFileSystem()))) {}

absl::Status Database::CheckThere(const std::string& directory) {
  if (std::filesystem::exists(directory + "/CURRENT")) {
    return absl::OkStatus();
  }
  if (HasRows(directory)) {
    return Damaged(1, absl::StrCat("the log in ", directory, " has lost CURRENT, which names the list of its files"));
  }
  return absl::NotFoundError(absl::StrCat("there is no log in ", directory, ": create one, or correct the path"));
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& directory, bool create, rocksdb::Env* env) {
  const absl::Status there = CheckThere(directory);
  if (!there.ok() && !(create && absl::IsNotFound(there))) {
    return there;
  }
  std::unique_ptr<Database> database(new Database(directory, env));
  rocksdb::DBOptions options = MakeDbOptions(database->env_.get(), database->errors_);
  options.create_if_missing = !there.ok();
  options.create_missing_column_families = create;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, directory, MakeColumnFamilies(), &database->families_, &db);
  return Opened(std::move(database), db, status, env);
}

absl::StatusOr<std::unique_ptr<Database>> Database::OpenForReading(const std::string& directory, rocksdb::Env* env) {
  if (absl::Status there = CheckThere(directory); !there.ok()) {
    return there;
  }
  std::unique_ptr<Database> database(new Database(directory, env));
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(MakeReadingOptions(database->env_.get()), directory,
                                                              MakeColumnFamilies(), &database->families_, &db);
  return Opened(std::move(database), db, status, env);
}

absl::StatusOr<std::unique_ptr<Database>> Database::OpenForSalvage(const std::string& directory, rocksdb::Env* env) {
  std::unique_ptr<Database> database(new Database(directory, env));
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(MakeSalvageOptions(database->env_.get()), directory,
                                                              MakeColumnFamilies(), &database->families_, &db);
  if (!status.ok()) {
    return Convert(status, absl::StrCat("nothing can be read of the log in ", directory));
  }
  database->db_.reset(db);
  return database;
}

absl::StatusOr<std::unique_ptr<Database>> Database::Opened(std::unique_ptr<Database> database, rocksdb::DB* db,
                                                           const rocksdb::Status& status, rocksdb::Env* env) {
  const std::string& directory = database->directory_;
  if (status.ok()) {
    database->db_.reset(db);
    return database;
  }
  const std::string said = status.ToString();
  const bool locked = said.find("While lock file") != std::string::npos ||  // by another process
                      said.find("lock hold by current process") != std::string::npos;
  if (status.IsIOError() && locked) {
    return absl::FailedPreconditionError(
        absl::StrCat("the log in ", directory, " is in use by another process: stop it first (", said, ")"));
  }
  if (status.IsInvalidArgument() && said.find("families not opened") != std::string::npos) {
    return absl::UnimplementedError(absl::StrCat("the log in ", directory, " is not of the format ",
                                                 std::string(kFormatVersion), " that this program reads (", said,
                                                 "): use the program it belongs to"));
  }
  // A file that is named and not there is damage, too. What RocksDB takes for a wrong argument are families of a
  // database that it does not find.
  if (status.IsCorruption() || status.IsPathNotFound() || status.IsInvalidArgument()) {
    return ExplainDamage(directory, env, said);
  }
  return Convert(status, absl::StrCat("cannot open the log in ", directory));
}

Database::~Database() {
  if (db_ == nullptr) {
    return;
  }
  rocksdb::CancelAllBackgroundWork(db_.get(), /*wait=*/true);
  for (rocksdb::ColumnFamilyHandle* family : families_) {
    const rocksdb::Status status = db_->DestroyColumnFamilyHandle(family);
    if (!status.ok()) {
      std::fprintf(stderr, "escrow: closing the log: %s\n", status.ToString().c_str());
    }
  }
  const rocksdb::Status status = db_->Close();
  if (!status.ok()) {
    std::fprintf(stderr, "escrow: closing the log: %s\n", status.ToString().c_str());
  }
}

}  // namespace escrow::journal::rocks
