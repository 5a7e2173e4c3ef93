#pragma once

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "audit/exports/ledger.h"
#include "audit/exports/payouts.h"
#include "audit/exports/report.h"

namespace escrow::audit::exports {

// Reconciliation: the same money counted three ways, per platform and currency (standards.md section 4.3).
//
// 1. The bank book: the balance of CUSTODY_BANK.
// 2. The ledger: the sum of all other accounts.
// 3. The agreements: a file for each, made without the balances: deposits as their commands state them, less releases
//    and refunds as their facts state them, less what went back unallocated, is what it holds; what it released to
//    payees and as fees, and gave back, is owed outside of it; of all that, what payouts have taken out is gone.
//
// Threading: none. Limits: memory grows with accounts, agreements and payouts.
class Reconciliation {
 public:
  using Pool = std::pair<std::string, std::string>;  // platform (resource name), currency

  struct Row {
    base::Wide bank = 0;
    base::Wide ledger = 0;
    // The parts of the third way.
    base::Wide held = 0;
    base::Wide payees = 0;
    base::Wide fees = 0;
    base::Wide refunded = 0;
    base::Wide returned = 0;
    base::Wide paid_out = 0;
    [[nodiscard]] base::Wide agreements() const { return held + payees + fees + refunded + returned - paid_out; }
  };
  struct Difference {
    Pool pool;
    std::string agreement;  // id; empty: of the pool
    std::string what;
    base::Wide expected = 0;
    base::Wide found = 0;
  };

  // Of one platform (resource name), or of all when it is empty.
  explicit Reconciliation(std::string platform) : platform_(std::move(platform)) {}

  // Errors: of Ledger.
  [[nodiscard]] absl::Status Take(const v1::Event& event);
  // No more events come.
  void Finish();

  [[nodiscard]] const std::map<Pool, Row>& rows() const { return rows_; }
  // Everything that does not agree, in order: of agreements, then of pools.
  [[nodiscard]] const std::vector<Difference>& differences() const { return differences_; }

  [[nodiscard]] std::string Text(const AsOf& as_of) const;
  // The members "pools" and "differences".
  [[nodiscard]] JsonObject Json(const AsOf& as_of) const;

 private:
  // Of an agreement in a currency.
  struct File {
    base::Wide deposited = 0;
    base::Wide released = 0;
    base::Wide refunded = 0;
    base::Wide returned = 0;
    base::Wide payees = 0;
    base::Wide fees = 0;
    base::Wide balance = 0;  // of its accounts in the ledger
    [[nodiscard]] base::Wide held() const { return deposited - released - refunded - returned; }
  };

  void TakeFacts(const v1::Event& event);
  void TakePayout(const v1::Event& event);
  void Compare(const Pool& pool, const std::string& agreement, const char* what, base::Wide expected, base::Wide found);

  std::string platform_;
  Ledger ledger_;
  Payouts payouts_;
  std::map<std::pair<Pool, std::string>, File> files_;
  std::map<Pool, Row> rows_;
  std::vector<Difference> differences_;
};

}  // namespace escrow::audit::exports
