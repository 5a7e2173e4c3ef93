#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "escrow/v1/policy.pb.h"

// Splitting whole minor units. Every split adds up exactly; the rounding policy says who gets what is left over.
namespace escrow::core {

// Splits `total` >= 0 in proportion to `weights` (each >= 0, their sum > 0, all within 10^15). Each share is the floor
// of its exact part, plus what the policy gives it of the units left over (fewer than there are weights):
//   LARGEST_REMAINDER   one each to the largest fractional parts, ties to the earlier (Hamilton's method)
//   REMAINDER_TO_FIRST  all to the first
[[nodiscard]] std::vector<std::int64_t> Allocate(std::int64_t total, std::span<const std::int64_t> weights,
                                                 v1::Policies::Rounding rounding);

// The same with the weights as capacities: no share is larger than its weight. `total` is at most the sum of the
// weights. With REMAINDER_TO_FIRST what the first cannot take goes to the next.
[[nodiscard]] std::vector<std::int64_t> AllocateWithin(std::int64_t total, std::span<const std::int64_t> capacities,
                                                       v1::Policies::Rounding rounding);

// `amount` × `basis_points` / 10,000, rounded half up. Both >= 0, amount within 10^15.
[[nodiscard]] std::int64_t BasisPointsOf(std::int64_t amount, std::int64_t basis_points);

}  // namespace escrow::core
