#pragma once

#include "base/time.h"
#include "core/state.h"
#include "escrow/v1/agreement_service.pb.h"

namespace escrow::core {

// Explains an agreement from its state alone: what is unmet, which timers run, who may do what next, how much is
// missing.
[[nodiscard]] v1::ExplainAgreementResponse Explain(const State& state, AgreementSlot slot);

}  // namespace escrow::core
