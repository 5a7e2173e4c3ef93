#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sqlite3.h"

// SQLite behind two small owners. Threading: none.
namespace escrow::audit::exports {

// A connection to a database file.
class Database {
 public:
  // Makes a new, empty file. AlreadyExists when there is one; FailedPrecondition when it cannot be made.
  [[nodiscard]] static absl::StatusOr<Database> Create(const std::string& path);

  // Runs statements that give no rows.
  [[nodiscard]] absl::Status Run(const char* sql);
  // Closes the file; REQUIRES: no insertion lives.
  [[nodiscard]] absl::Status Close();

 private:
  friend class Insertion;
  struct Closer {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
  };
  std::unique_ptr<sqlite3, Closer> handle_;
  std::string path_;
};

// An INSERT that is run again and again: Bind every parameter in order, then Step. The first error stays.
class Insertion {
 public:
  // REQUIRES: `sql` is a right statement for the database, which outlives this.
  Insertion(Database& database, const char* sql);

  Insertion& Bind(std::int64_t value);
  // NULL when it is empty.
  Insertion& Bind(std::string_view text);
  Insertion& BindNull();
  // Errors: Internal with SQLite's words.
  [[nodiscard]] absl::Status Step();

 private:
  void Note(int code);

  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalizer> handle_;
  sqlite3* database_;
  const std::string& path_;
  int bound_ = 0;
  int error_ = SQLITE_OK;
};

}  // namespace escrow::audit::exports
