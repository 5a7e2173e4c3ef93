#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "audit/exports/walk.h"
#include "escrow/v1/event.pb.h"

namespace escrow::audit::exports {

// Export: a form in which the events of a log leave it. It gets them one after the other and writes as it goes.
//
// Threading: none. Errors: DataLoss with the position when an event cannot be said in this form; of the file for those
// that write to one themselves. Whether a stream took what was written is for its owner to ask.
class Export {
 public:
  virtual ~Export() = default;

  [[nodiscard]] virtual absl::Status Take(const v1::Event& event) = 0;
  // No more events come.
  [[nodiscard]] virtual absl::Status Finish() = 0;
};

// A journal for hledger (1.25): a transaction for every event that books, declarations of accounts and commodities, and
// at the end an assertion of the balance of every account. What a bank owes us is positive, as in a journal's assets.
// One account of the ledger is one account there. standards.md section 3.13.
[[nodiscard]] std::unique_ptr<Export> NewHledgerExport(const Extent& extent, std::ostream& out);

// The same for beancount (2.3). Its assertions hold at the beginning of a day, so they are of the day after.
[[nodiscard]] std::unique_ptr<Export> NewBeancountExport(const Extent& extent, std::ostream& out);

// A line for every posting, RFC 4180, names of the columns first. Amounts are integers of minor units, credit positive.
[[nodiscard]] std::unique_ptr<Export> NewCsvExport(std::ostream& out);

// A line for every event: its protobuf JSON (proto3 mapping), fields in the order of their numbers.
[[nodiscard]] std::unique_ptr<Export> NewJsonLinesExport(std::ostream& out);

}  // namespace escrow::audit::exports
