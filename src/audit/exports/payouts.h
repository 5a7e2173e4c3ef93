#pragma once

#include <map>
#include <string>
#include <utility>

#include "escrow/v1/event.pb.h"

namespace escrow::audit::exports {

// A payout as its events tell of it.
struct PayoutNow {
  std::string platform;
  std::string currency;
  v1::AccountKind source = v1::ACCOUNT_KIND_UNSPECIFIED;
  std::string party;  // id; PAYABLE and REFUNDABLE only
  std::int64_t minor_units = 0;
  std::string rail_reference;  // as last told
  google::protobuf::Timestamp requested;
};

// Payouts: those of a log. It believes facts and commands and looks at no posting.
//
// Threading: none. Limits: memory grows with the number of payouts.
class Payouts {
 public:
  // The payout that an event is about, as it is after it; null when it is about none, or about one that nobody asked
  // for. Valid until the next call.
  const PayoutNow* Take(const v1::Event& event);

 private:
  std::map<std::pair<std::string, std::string>, PayoutNow> payouts_;  // by platform and id
};

}  // namespace escrow::audit::exports
