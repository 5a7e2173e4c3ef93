#pragma once

#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "audit/evidence/make.h"
#include "trust_input.h"

namespace escrow::verify {

// EvidenceCommands: `evidence make`, which writes all that proves an agreement's history into one folder, and `evidence
// check`, which checks such a folder with nothing else.
//
// Threading: none. Lives as long as the program's arguments.
class EvidenceCommands {
 public:
  // Adds the subcommands.
  explicit EvidenceCommands(CLI::App& app);
  EvidenceCommands(const EvidenceCommands&) = delete;
  EvidenceCommands& operator=(const EvidenceCommands&) = delete;

  [[nodiscard]] bool parsed() const { return evidence_->parsed(); }
  // Does what the arguments ask for and gives the exit code (see Exit). REQUIRES: parsed().
  [[nodiscard]] int Run() const;

 private:
  [[nodiscard]] absl::Status Make() const;
  // `right` is set to false when something is wrong with the pack.
  [[nodiscard]] absl::Status Check(bool& right) const;

  CLI::App* evidence_ = nullptr;
  CLI::App* make_ = nullptr;
  CLI::App* check_ = nullptr;

  std::string source_;
  std::string folder_;
  audit::evidence::PackOrder order_;
  TrustInput trust_;
  std::string authorities_;
  bool json_ = false;
};

}  // namespace escrow::verify
