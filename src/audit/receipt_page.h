#pragma once

#include <string>
#include <string_view>

#include "audit/receipt.h"

namespace escrow::audit {

// A receipt as one HTML page for people, a judge for instance: what is proven, why it was decided, what happened
// before, the proof, and how anyone checks it himself. It needs no network and has no scripts; it prints; all text of
// the log is escaped. `file`: the receipt's bytes, which the page carries. Pure; the page of a receipt is always the
// same. REQUIRES: report.right(), signatures were checked, and `file` is what the report is on.
[[nodiscard]] std::string RenderReceiptPage(const ReceiptReport& report, std::string_view file);

}  // namespace escrow::audit
