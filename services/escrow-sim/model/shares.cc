#include "model/shares.h"

#include "base/assert.h"

namespace escrow::model {

std::vector<Wide> Divide(Wide total, const std::vector<Wide>& weights, v1::Policies::Rounding rounding, bool capped) {
  Wide sum = 0;
  for (const Wide weight : weights) {
    sum += weight;
  }
  std::vector<Wide> shares;
  std::vector<Wide> fractions;
  Wide left = total;
  for (const Wide weight : weights) {
    shares.push_back(total * weight / sum);
    fractions.push_back(total * weight % sum);
    left -= shares.back();
  }
  while (left > 0) {
    std::size_t winner = weights.size();
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (rounding == v1::Policies::ROUNDING_REMAINDER_TO_FIRST) {
        if (winner == weights.size() && (!capped || shares[i] < weights[i])) {
          winner = i;
        }
      } else if (winner == weights.size() || fractions[i] > fractions[winner]) {
        winner = i;
      }
    }
    ESCROW_ASSERT(winner < weights.size());
    shares[winner] += 1;
    fractions[winner] = -1;  // one unit each
    left -= 1;
  }
  return shares;
}

Wide PartOf(Wide amount, Wide basis_points) { return (2 * amount * basis_points + 10'000) / 20'000; }

}  // namespace escrow::model
