#pragma once

#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "audit/trust.h"

namespace escrow::verify {

// TrustInput: the arguments that say whose signatures count.
//
// Threading: none. Lives as long as the program's arguments.
class TrustInput {
 public:
  void Add(CLI::App& command);
  // Errors: InvalidArgument when a key or the policy is none; those of reading the policy's file.
  [[nodiscard]] absl::StatusOr<audit::Trust> Read() const;

 private:
  std::vector<std::string> vkeys_;
  std::string policy_;
};

}  // namespace escrow::verify
