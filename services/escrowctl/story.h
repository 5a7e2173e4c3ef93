#pragma once

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "escrowctl/client.h"

namespace escrow::ctl {

// Walks one parcel through the service before the user's eyes, on a new sandbox platform: agreement, deposit, custody,
// shipment, delivery, a buyer who stays silent, release, payout. `op` must be an operator. With `pace`, a short pause
// after each step. Every line that is printed comes from the log of the service.
[[nodiscard]] absl::Status TellStory(Client& op, const std::string& platform_id, bool pace, std::ostream& out);

}  // namespace escrow::ctl
