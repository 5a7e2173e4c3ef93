#include "base/decimal.h"

namespace escrow::base {

std::string FormatDecimal(std::int64_t units, int exponent) {
  const bool negative = units < 0;
  // Unsigned, so that the smallest int64 has a magnitude too.
  const auto magnitude = static_cast<std::uint64_t>(units);
  std::string digits = std::to_string(negative ? 0 - magnitude : magnitude);
  const auto fraction = static_cast<std::size_t>(exponent);
  if (digits.size() <= fraction) {
    digits.insert(0, fraction + 1 - digits.size(), '0');
  }
  if (fraction > 0) {
    digits.insert(digits.size() - fraction, 1, '.');
  }
  if (negative) {
    digits.insert(0, 1, '-');
  }
  return digits;
}

}  // namespace escrow::base
