#pragma once

#include <cstdint>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "log_input.h"

namespace escrow::verify {

// ExportCommands: the subcommands `export` and `report`, which say in other forms what a log says. They check its
// structure, its chain and the ledger, and its root when they read all of it; signatures and rules are checked by
// `log`.
//
// Threading: none. Lives as long as the program's arguments.
class ExportCommands {
 public:
  // Adds the subcommands.
  explicit ExportCommands(CLI::App& app);
  ExportCommands(const ExportCommands&) = delete;
  ExportCommands& operator=(const ExportCommands&) = delete;

  // Whether the arguments named one of them.
  [[nodiscard]] bool parsed() const;
  // Does what the arguments ask for and gives the exit code (see Exit): kWrong also for a report that finds a
  // difference. REQUIRES: parsed().
  [[nodiscard]] int Run() const;

 private:
  [[nodiscard]] absl::Status RunExport() const;
  // `right` is set to false by reports that find a difference.
  [[nodiscard]] absl::Status RunReport(bool& right) const;
  [[nodiscard]] absl::StatusOr<std::string> TrialBalance() const;
  [[nodiscard]] absl::StatusOr<std::string> Statement() const;
  [[nodiscard]] absl::StatusOr<std::string> Reconciliation(bool& right) const;
  [[nodiscard]] absl::StatusOr<std::string> Safeguarding(bool& right) const;

  CLI::App* export_ = nullptr;
  CLI::App* report_ = nullptr;
  CLI::App* trial_balance_ = nullptr;
  CLI::App* statement_ = nullptr;
  CLI::App* reconciliation_ = nullptr;
  CLI::App* safeguarding_ = nullptr;

  LogInput input_;
  std::string format_;
  std::string party_;
  std::string agreement_;
  std::uint64_t from_ = 1;
  std::string platform_;
  std::string bank_;
  bool json_ = false;
};

}  // namespace escrow::verify
