#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "audit/exports/export.h"

namespace escrow::audit::exports {

// A new SQLite database (3.37 or later) at `path`: STRICT tables log, currency, account, event, posting with foreign
// keys; views balance, trial_balance, movement, unbalanced. Amounts are integers of minor units, credit positive; times
// are RFC 3339 in UTC. All of it is one transaction: the file has everything when Finish has succeeded, and is removed
// when it has not.
// Errors: AlreadyExists when the file exists; FailedPrecondition when it cannot be made.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Export>> NewSqliteExport(const Extent& extent, const std::string& path);

}  // namespace escrow::audit::exports
