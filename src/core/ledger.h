#pragma once

#include <optional>

#include "core/state.h"
#include "core/state_edit.h"
#include "escrow/v1/event.pb.h"

namespace escrow::core {

// Books the postings of an event on a platform and, where they say so, an agreement. Asserts that they add up to zero,
// that every account exists and that no balance but DEBT becomes negative (design.md §3, 1).
void ApplyPostings(StateEdit& edit, const State& state, PlatformSlot platform, std::optional<AgreementSlot> agreement,
                   const v1::Event& event);

// Sum of an event's postings to one kind of account.
[[nodiscard]] std::int64_t SumOf(const v1::Event& event, v1::AccountKind account);

}  // namespace escrow::core
