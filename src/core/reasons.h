#pragma once

#include <span>
#include <string_view>

#include "escrow/v1/reason.pb.h"

namespace escrow::core {

// What is known of a reason. One table; the API, the documentation and the tests share it.
struct ReasonRow {
  v1::Reason reason;
  std::string_view name;  // as in ErrorInfo.reason
  int status_code;        // google.rpc.Code
  // The refusal becomes an event and the request id is burnt: another state would have let the command succeed, so a
  // late duplicate must not (design.md §3, 5).
  bool burns;
  std::string_view text;  // one sentence; {key} stands for a variable
};

// Every reason in the order of the proto, REASON_UNSPECIFIED left out.
[[nodiscard]] std::span<const ReasonRow> ReasonTable();

// REQUIRES: reason is in the table.
[[nodiscard]] const ReasonRow& FindReason(v1::Reason reason);

}  // namespace escrow::core
