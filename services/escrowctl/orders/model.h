#pragma once

#include <vector>

#include "base/time.h"
#include "escrowctl/orders/plan.h"

namespace escrow::orders {

// What becomes of one agreement by the rules of docs/ORDERS.md: sets AgreementPlan::expected and, for the actions that
// come too late, Action::refused_by. A few lines of its own, so that the service is checked by somebody who did not
// write it. REQUIRES: `actions` are those of the agreement in the order in which they happen. Time stops at `end`.
void Predict(AgreementPlan& agreement, std::vector<Action>& actions, base::Time end);

}  // namespace escrow::orders
