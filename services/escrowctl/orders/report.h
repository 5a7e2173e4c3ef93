#pragma once

#include <ostream>
#include <string>

#include "escrowctl/orders/plan.h"
#include "escrowctl/orders/run.h"

namespace escrow::orders {

// The last line: `settled N of M agreements; unaccounted 0; replay identical`.
[[nodiscard]] std::string LastLine(const RunResult& result);

// For people: policies with counts and examples, refusals, agreements by state, money by currency, the replay, and the
// last line as the last line.
void PrintReport(const Plan& plan, const RunResult& result, std::ostream& out);

// For programs: one JSON document with every finding and refusal. Amounts are strings of minor units.
[[nodiscard]] std::string JsonReport(const Plan& plan, const RunResult& result);

}  // namespace escrow::orders
