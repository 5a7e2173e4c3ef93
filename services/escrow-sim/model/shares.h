#pragma once

#include <vector>

#include "base/wide.h"
#include "escrow/v1/policy.pb.h"

// Splitting money as policy.proto states it, in wide integers.
namespace escrow::model {

using base::Wide;

// `total` in proportion to `weights`. What rounding down leaves goes one by one to the largest fractions, the earlier
// first, or all of it to the first. With `capped`, nobody gets more than his weight, and the first passes the rest on.
[[nodiscard]] std::vector<Wide> Divide(Wide total, const std::vector<Wide>& weights, v1::Policies::Rounding rounding,
                                       bool capped);

// `basis_points` ten-thousandths of `amount`, half a unit up.
[[nodiscard]] Wide PartOf(Wide amount, Wide basis_points);

}  // namespace escrow::model
