#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "audit/exports/payouts.h"
#include "audit/exports/report.h"
#include "base/wide.h"

// The bank book against a statement of the bank.
namespace escrow::audit::exports {

// A movement of money at a bank.
struct BankLine {
  std::string date;            // YYYY-MM-DD
  base::Wide minor_units = 0;  // in positive, out negative
  std::string currency;
  std::string reference;
  std::uint64_t event = 0;  // of the book; 0 for a line of a statement

  friend bool operator==(const BankLine&, const BankLine&) = default;
};

// Reads a statement: RFC 4180, the first line is date,minor_units,currency,reference, amounts are integers of minor
// units, in positive. InvalidArgument with the number of the first record that is wrong.
[[nodiscard]] absl::StatusOr<std::vector<BankLine>> ParseBankStatement(std::string_view text);

// BankBook: what the log says moved at the bank. The reference of a deposit is its id; of a payout what the rail told
// last, or else its id. Dates are those of log times, UTC.
//
// Threading: none.
class BankBook {
 public:
  // Of one platform (resource name), or of all when it is empty.
  explicit BankBook(std::string platform) : platform_(std::move(platform)) {}

  // REQUIRES: Ledger took the event.
  void Take(const v1::Event& event);
  [[nodiscard]] const std::vector<BankLine>& lines() const { return lines_; }

 private:
  std::string platform_;
  Payouts payouts_;
  std::vector<BankLine> lines_;
};

// Lines of the same amount, currency and reference are one movement, in their order; dates may differ, as the bank's
// day is not the log's.
struct BankMatch {
  std::vector<BankLine> matched;  // as the book has them
  std::vector<BankLine> only_book;
  std::vector<BankLine> only_statement;

  [[nodiscard]] bool agrees() const { return only_book.empty() && only_statement.empty(); }
};
[[nodiscard]] BankMatch MatchBank(const std::vector<BankLine>& book, const std::vector<BankLine>& statement);

[[nodiscard]] std::string TextOf(const BankMatch& match);
[[nodiscard]] std::string JsonOf(const BankMatch& match);

}  // namespace escrow::audit::exports
