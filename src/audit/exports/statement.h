#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "audit/exports/ledger.h"
#include "audit/exports/report.h"

namespace escrow::audit::exports {

// Whose statement: a party has its PAYABLE and REFUNDABLE accounts, an agreement UNALLOCATED and the CUSTODY of each
// milestone.
struct StatementSubject {
  std::string platform;   // resource name
  std::string party;      // id; empty: an agreement
  std::string agreement;  // id; empty: a party
};
// Of a resource name: platforms/{platform}/parties/{party} or platforms/{platform}/agreements/{agreement}.
// InvalidArgument for anything else.
[[nodiscard]] absl::StatusOr<StatementSubject> ParseSubject(const std::string& name);
// Its resource name.
[[nodiscard]] std::string NameOf(const StatementSubject& subject);

// Statement: what moved on the accounts of a party or of an agreement, from an event on.
//
// Threading: none. Limits: memory is that of Ledger and of the movements.
class Statement {
 public:
  struct Movement {
    std::uint64_t event = 0;
    std::string time;
    std::string fact;
    std::string payout;
    std::string reference;
    std::string counter;  // the accounts on the other side
    std::int64_t minor_units = 0;
    base::Wide balance = 0;  // after it
  };
  struct Section {
    Account account;
    base::Wide opening = 0;
    std::vector<Movement> movements;
    base::Wide closing = 0;
  };

  // Movements before event `from` are in the opening balance.
  Statement(StatementSubject subject, std::uint64_t from) : subject_(std::move(subject)), from_(from) {}

  // Errors: of Ledger.
  [[nodiscard]] absl::Status Take(const v1::Event& event);

  // The accounts, in the order of their first movements; none when nothing was ever booked for the subject.
  [[nodiscard]] const std::vector<Section>& sections() const { return sections_; }

  [[nodiscard]] std::string Text(const AsOf& as_of) const;
  [[nodiscard]] std::string Json(const AsOf& as_of) const;

 private:
  [[nodiscard]] bool IsOurs(const Account& account) const;
  [[nodiscard]] std::string CountersOf(const Ledger::Line& line) const;

  StatementSubject subject_;
  std::uint64_t from_;
  Ledger ledger_;
  std::map<std::size_t, std::size_t> section_of_;  // by the ledger's number of the account
  std::vector<Section> sections_;
};

}  // namespace escrow::audit::exports
