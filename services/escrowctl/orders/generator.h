#pragma once

#include <cstddef>
#include <cstdint>

#include "escrowctl/orders/olist.h"

namespace escrow::orders {

// Makes `count` orders in the form of the four files, with the dirt that real data have: cancelled and unavailable
// orders, late and never delivered ones, over- and underpaid ones, several sellers and payments, no items, no freight,
// missing times, contradicting times, silent buyers, several currencies. The same seed gives the same bytes on every
// machine.
[[nodiscard]] DatasetTexts Generate(std::size_t count, std::uint64_t seed);

}  // namespace escrow::orders
