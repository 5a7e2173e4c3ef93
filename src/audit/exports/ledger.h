#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "audit/books.h"
#include "base/wide.h"
#include "escrow/v1/event.pb.h"

namespace escrow::audit::exports {

// Ledger: the books, and beside them every account that was ever booked, under a number of its own. Numbers count from
// 0 in the order of first bookings.
//
// Threading: none. Limits: memory grows with the number of accounts.
class Ledger {
 public:
  // A posting whose account has been found.
  struct Line {
    std::size_t account = 0;
    std::int64_t minor_units = 0;  // credit positive
    bool first = false;            // no line before it booked on this account
  };

  // Books an event. DataLoss with its position when the books refuse it (see Books::Post), or when its platform, its
  // agreement or a party is no id, as names of accounts are made of them.
  [[nodiscard]] absl::Status Take(const v1::Event& event);

  // Of the event that was taken last, a line for each posting, in order.
  [[nodiscard]] const std::vector<Line>& lines() const { return lines_; }
  [[nodiscard]] const std::vector<Account>& accounts() const { return accounts_; }
  // Credit positive. REQUIRES: account < accounts().size().
  [[nodiscard]] base::Wide BalanceOf(std::size_t account) const { return books_.BalanceOf(accounts_[account]); }
  [[nodiscard]] const Books& books() const { return books_; }

 private:
  Books books_;
  std::vector<Account> accounts_;
  std::map<Account, std::size_t> numbers_;
  std::vector<Line> lines_;
};

// The account of a posting. REQUIRES: Books took the event.
[[nodiscard]] Account AccountOf(const v1::Event& event, const v1::Posting& posting);

}  // namespace escrow::audit::exports
