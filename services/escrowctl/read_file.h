#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace escrow::ctl {

// The whole content of a file; "-" is the standard input. Any thread.
[[nodiscard]] absl::StatusOr<std::string> ReadFile(const std::string& path);

}  // namespace escrow::ctl
