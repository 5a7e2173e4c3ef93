#pragma once

#include <cstdint>
#include <vector>

#include "audit/complaint.h"
#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/event.pb.h"
#include "escrow/v1/policy.pb.h"

// Who gets how much: shares, rounding and fees, worked out again from what proto/escrow/v1/policy.proto and
// agreement.proto say of them. Pure.
namespace escrow::audit {

inline constexpr std::int64_t kMinorUnitsMax = 1'000'000'000'000'000;  // of one amount, and of one agreement

// Whether a share may get more than its weight.
enum class Bound { kNone, kWeight };

// `total` in proportion to the weights; what whole units leave over goes where `rounding` says. REQUIRES: no weight is
// negative, one is positive, 0 <= total <= kMinorUnitsMax, and with Bound::kWeight total <= their sum.
[[nodiscard]] std::vector<std::int64_t> Share(std::int64_t total, const std::vector<std::int64_t>& weights,
                                              v1::Policies::Rounding rounding, Bound bound);

// The schedule of a milestone under policies with their defaults filled in. Wrong: payees or fees that break a rule of
// their messages. REQUIRES: 1 <= the milestone's amount <= kMinorUnitsMax.
[[nodiscard]] Complaint FillSchedule(const v1::Milestone& milestone, const v1::Policies& policies,
                                     v1::Schedule& schedule);

}  // namespace escrow::audit
