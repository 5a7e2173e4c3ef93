#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "escrowctl/views.h"

namespace escrow::ctl {

// What `escrowctl orders` is asked for.
struct OrdersOptions {
  std::string folder;  // of the four files; empty: generate
  std::int64_t generate = 2'000;
  std::uint64_t seed = 1;
  std::string platform_id;  // of the new sandbox
  std::string report_file;  // JSON, with every finding; may be empty
};

// Runs the orders and prints the report. `good` says whether everything is accounted for, the replay is identical, and
// every refusal is covered by a policy.
[[nodiscard]] absl::Status RunOrders(Client& op, const OrdersOptions& options, Output output, bool& good);

}  // namespace escrow::ctl
