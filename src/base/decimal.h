#pragma once

#include <cstdint>
#include <string>

namespace escrow::base {

// A count of units of 10^-exponent as a decimal number: 1234 with exponent 2 is "12.34". Negative values have a minus
// sign. exponent: 0 to 18.
[[nodiscard]] std::string FormatDecimal(std::int64_t units, int exponent);

}  // namespace escrow::base
