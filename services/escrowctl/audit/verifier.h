#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace escrow::ctl {

// Goes on as escrow-verify, the auditor's own program, which shares no code with this one: runs `escrow-verify log`
// with these arguments in the place of this process. Comes back only with an error: it is neither beside this program
// nor on the path.
[[nodiscard]] absl::Status BecomeVerifier(const std::vector<std::string>& arguments);

}  // namespace escrow::ctl
