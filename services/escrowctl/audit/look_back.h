#pragma once

#include <string>

#include "absl/status/status.h"
#include "escrowctl/client.h"
#include "escrowctl/views.h"

namespace escrow::ctl {

struct LookBackOptions {
  // Resource name of an agreement, a party or a payout; or "ledger".
  std::string what;
  // A position ("1042"), or a time by the log's clock ("2026-03-02T09:00:00Z"); empty: now.
  std::string at;
  // The same, earlier: show what has changed from there to `at`. Empty: show what there was at `at`.
  std::string since;
};

// The state of one thing as it was, or the difference between two positions.
[[nodiscard]] absl::Status LookBack(Client& client, const LookBackOptions& options, Output output);

}  // namespace escrow::ctl
