#pragma once

#include <string>

#include "audit/books.h"
#include "audit/exports/report.h"

namespace escrow::audit::exports {

// The sums of the accounts of each kind, per platform and currency, on their sides; both sides add up to the same.
[[nodiscard]] std::string TrialBalanceText(const AsOf& as_of, const Books& books);
// {origin, event, time, rows: [{platform, currency, kind, debit, credit}]}, minor units.
[[nodiscard]] std::string TrialBalanceJson(const AsOf& as_of, const Books& books);

}  // namespace escrow::audit::exports
