#include "core/allocation.h"

#include <algorithm>
#include <numeric>

#include "base/assert.h"
#include "base/mutant.h"
#include "base/wide.h"
#include "core/limits.h"

namespace escrow::core {
namespace {

using base::Wide;

// Gives one unit each to the largest remainders. A share that got a unit had a fractional part, so it stays within its
// weight whenever total <= sum of the weights.
void RoundLargestRemainder(std::int64_t left, const std::vector<Wide>& remainders, std::vector<std::int64_t>& shares) {
  std::vector<std::size_t> order(shares.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
  for (std::size_t i = 0; left > 0; ++i, --left) {
    ESCROW_ASSERT(remainders[order[i]] > 0);
    ++shares[order[i]];
  }
}

void RoundToFirst(std::int64_t left, std::span<const std::int64_t> weights, bool within,
                  std::vector<std::int64_t>& shares) {
  if (!within) {
    shares.front() += left;
    return;
  }
  for (std::size_t i = 0; left > 0; ++i) {
    const std::int64_t taken = std::min(left, weights[i] - shares[i]);
    shares[i] += taken;
    left -= taken;
  }
}

std::vector<std::int64_t> Split(std::int64_t total, std::span<const std::int64_t> weights,
                                v1::Policies::Rounding rounding, bool within) {
  ESCROW_ASSERT(total >= 0 && total <= kMinorUnitsMax);
  Wide sum = 0;
  for (const std::int64_t weight : weights) {
    ESCROW_ASSERT(weight >= 0);
    sum += weight;
  }
  ESCROW_ASSERT(sum > 0);
  ESCROW_ASSERT(!within || total <= sum);

  std::vector<std::int64_t> shares;
  std::vector<Wide> remainders;
  std::int64_t left = total;
  for (const std::int64_t weight : weights) {
    Wide product = Wide{total} * weight;
    if (ESCROW_MUTANT(ShareOverflows)) {
      product = static_cast<std::int64_t>(product);
    }
    shares.push_back(static_cast<std::int64_t>(product / sum));
    remainders.push_back(product % sum);
    left -= shares.back();
  }
  ESCROW_ASSERT(left >= 0 && left < static_cast<std::int64_t>(weights.size()));
  if (rounding == v1::Policies::ROUNDING_REMAINDER_TO_FIRST) {
    RoundToFirst(left, weights, within, shares);
  } else {
    ESCROW_ASSERT(rounding == v1::Policies::ROUNDING_LARGEST_REMAINDER);
    RoundLargestRemainder(left, remainders, shares);
  }
  return shares;
}

}  // namespace

std::vector<std::int64_t> Allocate(std::int64_t total, std::span<const std::int64_t> weights,
                                   v1::Policies::Rounding rounding) {
  return Split(total, weights, rounding, /*within=*/false);
}

std::vector<std::int64_t> AllocateWithin(std::int64_t total, std::span<const std::int64_t> capacities,
                                         v1::Policies::Rounding rounding) {
  return Split(total, capacities, rounding, /*within=*/true);
}

std::int64_t BasisPointsOf(std::int64_t amount, std::int64_t basis_points) {
  ESCROW_ASSERT(amount >= 0 && basis_points >= 0);
  return static_cast<std::int64_t>(
      (Wide{amount} * basis_points + (ESCROW_MUTANT(FeeRoundedDown) ? 0 : kBasisPointsWhole / 2)) / kBasisPointsWhole);
}

}  // namespace escrow::core
