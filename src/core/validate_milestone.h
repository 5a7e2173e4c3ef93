#pragma once

#include "base/currency.h"
#include "core/refusal.h"
#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/event.pb.h"

namespace escrow::core {

// Checks milestone `index` of an agreement whose participants, policies and milestone ids have been checked, and
// computes how its money will be shared. `policies` are all set. `schedule` is meaningful only when nothing is refused.
[[nodiscard]] Check ValidateMilestone(const v1::Agreement& agreement, int index, base::Currency currency,
                                      const v1::Policies& policies, v1::Schedule& schedule);

}  // namespace escrow::core
