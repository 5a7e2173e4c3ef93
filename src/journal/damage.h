#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

// How a log that cannot be served is refused. Whoever finds something wrong names the first bad position and the
// runbook that says what to do, so that the one line that an operator sees is enough to begin with.
namespace escrow::journal {

// DATA_LOSS: "`what`; first bad position: event N; see deploy/runbooks/damaged-log.md". `first_bad` is the first event
// that is not there as it was acknowledged, as far as is known.
[[nodiscard]] absl::Status Damaged(std::uint64_t first_bad, const std::string& what);

// The same with deploy/runbooks/rollback-refused.md: the log may be in order in itself, but is older than what was
// acknowledged, or may be.
[[nodiscard]] absl::Status RolledBack(std::uint64_t first_bad, const std::string& what);

}  // namespace escrow::journal
