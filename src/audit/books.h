#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "audit/complaint.h"
#include "base/wide.h"
#include "escrow/v1/event.pb.h"

namespace escrow::audit {

// One account as proto/escrow/v1/ledger.proto defines them: what an account is kept per depends on its kind.
struct Account {
  std::string platform;  // resource name
  std::string currency;  // ISO 4217
  v1::AccountKind kind = v1::ACCOUNT_KIND_UNSPECIFIED;
  std::string agreement;        // id; UNALLOCATED and CUSTODY only
  std::uint32_t milestone = 0;  // CUSTODY only
  std::string party;            // id; PAYABLE and REFUNDABLE only

  friend auto operator<=>(const Account&, const Account&) = default;
  friend bool operator==(const Account&, const Account&) = default;
};

// "CUSTODY of milestone 0 of agreement a1 of platforms/shop in EUR".
[[nodiscard]] std::string Describe(const Account& account);

// Books: a second ledger. It knows bookkeeping and nothing else: from the postings of events alone it keeps the balance
// of every account, exactly, in 128-bit integers. To have the books as of a position, give it the events up to there.
//
// Threading: none. Limits: memory is that of the accounts that are not zero.
class Books {
 public:
  using Total = std::pair<std::tuple<std::string, std::string, v1::AccountKind>, base::Wide>;

  // Books an event. Wrong: postings that do not add up to zero or are zero, that do not name exactly what their kind of
  // account is kept per, or that leave a balance on its wrong side. The bank is debit-normal (never above zero here),
  // every other account credit-normal (never below). After a complaint the books have no meaning.
  [[nodiscard]] Complaint Post(const v1::Event& event);

  // Balance, credit positive.
  [[nodiscard]] base::Wide BalanceOf(const Account& account) const;
  // All accounts that are not zero, in order.
  [[nodiscard]] std::vector<std::pair<Account, base::Wide>> Accounts() const;
  // The trial balance: the sum per platform, currency and kind of account, in this order; sums of zero left out. Per
  // platform and currency it adds up to zero.
  [[nodiscard]] std::vector<Total> TrialBalance() const;

 private:
  struct Hash {
    [[nodiscard]] std::size_t operator()(const Account& account) const;
  };

  std::unordered_map<Account, base::Wide, Hash> balances_;
};

}  // namespace escrow::audit
