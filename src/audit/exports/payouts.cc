#include "audit/exports/payouts.h"

#include "audit/exports/words.h"

namespace escrow::audit::exports {

const PayoutNow* Payouts::Take(const v1::Event& event) {
  const std::string id = PayoutIdOf(event);
  if (id.empty()) {
    return nullptr;
  }
  const std::pair key(event.platform(), id);
  if (event.has_payout_requested()) {
    const v1::PayoutRequested& request = event.payout_requested();
    PayoutNow& payout = payouts_[key];
    payout = {.platform = event.platform(),
              .currency = event.currency_code(),
              .source = request.source(),
              .party = request.party_id(),
              .minor_units = request.minor_units(),
              .rail_reference = {},
              .requested = event.log_time()};
    return &payout;
  }
  const auto found = payouts_.find(key);
  if (found == payouts_.end()) {
    return nullptr;
  }
  if (std::string reference = ReferenceOf(event); !reference.empty()) {
    found->second.rail_reference = std::move(reference);
  }
  return &found->second;
}

}  // namespace escrow::audit::exports
