#include "audit/exports/database.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/assert.h"

namespace escrow::audit::exports {

absl::StatusOr<Database> Database::Create(const std::string& path) {
  // WHY: SQLite opens a file that is there; only the system can make one and be sure that it is new.
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) {
    const std::string reason = std::strerror(errno);
    return errno == EEXIST ? absl::AlreadyExistsError(path + " exists; it is not overwritten")
                           : absl::FailedPreconditionError("cannot make " + path + ": " + reason);
  }
  close(file);
  Database database;
  database.path_ = path;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr);
  database.handle_.reset(handle);
  if (code != SQLITE_OK) {
    unlink(path.c_str());
    return absl::FailedPreconditionError("cannot open " + path + ": " + sqlite3_errstr(code));
  }
  return database;
}

absl::Status Database::Run(const char* sql) {
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return absl::InternalError(path_ + ": " + sqlite3_errmsg(handle_.get()));
  }
  return absl::OkStatus();
}

absl::Status Database::Close() {
  const int code = sqlite3_close(handle_.release());
  return code == SQLITE_OK ? absl::OkStatus() : absl::InternalError(path_ + ": " + sqlite3_errstr(code));
}

Insertion::Insertion(Database& database, const char* sql) : database_(database.handle_.get()), path_(database.path_) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr);
  ESCROW_ASSERT(code == SQLITE_OK);
  handle_.reset(statement);
}

Insertion& Insertion::Bind(std::int64_t value) {
  Note(sqlite3_bind_int64(handle_.get(), ++bound_, value));
  return *this;
}

Insertion& Insertion::Bind(std::string_view text) {
  if (text.empty()) {
    return BindNull();
  }
  Note(sqlite3_bind_text64(handle_.get(), ++bound_, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Insertion& Insertion::BindNull() {
  Note(sqlite3_bind_null(handle_.get(), ++bound_));
  return *this;
}

absl::Status Insertion::Step() {
  if (const int code = sqlite3_step(handle_.get()); code != SQLITE_DONE) {
    Note(code);
  }
  const std::string reason = error_ == SQLITE_OK ? "" : sqlite3_errmsg(database_);
  sqlite3_reset(handle_.get());
  bound_ = 0;
  return error_ == SQLITE_OK ? absl::OkStatus() : absl::InternalError(path_ + ": " + reason);
}

void Insertion::Note(int code) {
  if (error_ == SQLITE_OK) {
    error_ = code;
  }
}

}  // namespace escrow::audit::exports
