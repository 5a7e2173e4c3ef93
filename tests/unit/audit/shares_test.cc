#include <gtest/gtest.h>

#include "audit/domain_shares.h"

namespace escrow::audit {
namespace {

constexpr auto kLargest = v1::Policies::ROUNDING_LARGEST_REMAINDER;
constexpr auto kFirst = v1::Policies::ROUNDING_REMAINDER_TO_FIRST;

struct Row {
  std::int64_t total;
  std::vector<std::int64_t> weights;
  v1::Policies::Rounding rounding;
  Bound bound;
  std::vector<std::int64_t> shares;
};

TEST(AuditSharesTest, ByHand) {
  const Row kTable[] = {
      // 100/3 = 33 1/3 each: one unit is left, all fractions are equal, the first gets it.
      {100, {1, 1, 1}, kLargest, Bound::kNone, {34, 33, 33}},
      // 10 * 5/12 = 4 2/12, 10 * 4/12 = 3 4/12, 10 * 3/12 = 2 6/12: the last has the largest fraction.
      {10, {5, 4, 3}, kLargest, Bound::kNone, {4, 3, 3}},
      {10, {5, 4, 3}, kFirst, Bound::kNone, {5, 3, 2}},
      // 2 * 1/3 = 2/3 each: two units are left. The first gets both, unless nobody may get more than his weight.
      {2, {1, 1, 1}, kFirst, Bound::kWeight, {1, 1, 0}},
      {2, {1, 1, 1}, kFirst, Bound::kNone, {2, 0, 0}},
      {0, {3, 2}, kLargest, Bound::kWeight, {0, 0}},
      // A product of 10^15 * 10^15 does not fit into 64 bits.
      {kMinorUnitsMax,
       {kMinorUnitsMax, kMinorUnitsMax},
       kLargest,
       Bound::kWeight,
       {500'000'000'000'000, 500'000'000'000'000}},
  };
  for (const Row& row : kTable) {
    EXPECT_EQ(Share(row.total, row.weights, row.rounding, row.bound), row.shares) << row.total;
  }
}

}  // namespace
}  // namespace escrow::audit
