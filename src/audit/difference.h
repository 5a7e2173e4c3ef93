#pragma once

#include <string>

#include "google/protobuf/message.h"

namespace escrow::audit {

// The first field in which `found` differs from `expected`, and both values: "postings[1].minor_units is 5 and must be
// 4". Empty when they are equal. REQUIRES: both are messages of one type.
[[nodiscard]] std::string FirstDifference(const google::protobuf::Message& expected,
                                          const google::protobuf::Message& found);

}  // namespace escrow::audit
