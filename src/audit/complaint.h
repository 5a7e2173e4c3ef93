#pragma once

#include <optional>
#include <string>

namespace escrow::audit {

// Why something in a log is wrong, as one sentence without a full stop; nothing when it is right. Positions are said by
// whoever knows them.
using Complaint = std::optional<std::string>;

}  // namespace escrow::audit
