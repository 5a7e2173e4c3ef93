#pragma once

#include <optional>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "audit/exports/statement.h"
#include "log_input.h"

namespace escrow::verify {

// LookBackCommands: the subcommands `look-back`, how something stands as of a moment, and `difference`, how it differs
// between two. They check structure, chain and rules up to there, and the root when they read all of the log.
//
// Threading: none. Lives as long as the program's arguments.
class LookBackCommands {
 public:
  // Adds the subcommands.
  explicit LookBackCommands(CLI::App& app);
  LookBackCommands(const LookBackCommands&) = delete;
  LookBackCommands& operator=(const LookBackCommands&) = delete;

  // Whether the arguments named one of them.
  [[nodiscard]] bool parsed() const;
  // Does what the arguments ask for and gives the exit code (see Exit). REQUIRES: parsed().
  [[nodiscard]] int Run() const;

 private:
  void AddSubject(CLI::App& command);

  // Nothing: the ledger.
  [[nodiscard]] absl::StatusOr<std::optional<audit::exports::StatementSubject>> Subject() const;
  [[nodiscard]] absl::StatusOr<std::string> LookBackText() const;
  [[nodiscard]] absl::StatusOr<std::string> DifferenceText() const;

  CLI::App* look_back_ = nullptr;
  CLI::App* difference_ = nullptr;

  LogInput input_;
  std::string party_;
  std::string agreement_;
  bool ledger_ = false;
  std::string from_;
  std::string to_;
  bool json_ = false;
};

}  // namespace escrow::verify
