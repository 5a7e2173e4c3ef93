#include "journal/rocks/database.h"

#include <cstdio>
#include <filesystem>

#include "absl/strings/str_cat.h"
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

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& directory, bool create) {
  if (!create && !std::filesystem::exists(directory + "/CURRENT")) {
    return absl::NotFoundError(absl::StrCat("there is no log in ", directory, ": create one, or correct the path"));
  }
  std::unique_ptr<Database> database(new Database);
  database->directory_ = directory;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(MakeDbOptions(create, database->errors_), directory,
                                                   MakeColumnFamilies(), &database->families_, &db);
  if (status.ok()) {
    database->db_.reset(db);
    return database;
  }
  if (status.IsIOError() && status.ToString().find("LOCK") != std::string::npos) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the log in ", directory, " is in use by another process: stop it first (", status.ToString(), ")"));
  }
  if (status.IsCorruption()) {
    return absl::DataLossError(absl::StrCat(
        "the log in ", directory, " is damaged: restore the data directory from a copy (", status.ToString(), ")"));
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
