#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "audit/clock_time.h"
#include "audit/exports/ledger.h"
#include "audit/exports/payouts.h"
#include "audit/exports/report.h"

namespace escrow::audit::exports {

// Entitlement: an amount that consists of credits of different days; what is taken out of it is the oldest first.
class Entitlement {
 public:
  // Credit when positive, debit when negative.
  void Move(base::Wide minor_units, Nanos time);

  [[nodiscard]] base::Wide amount() const { return amount_; }
  // When the oldest of it came; nothing when nothing is left.
  [[nodiscard]] std::optional<Nanos> oldest() const {
    return parts_.empty() ? std::nullopt : std::optional(parts_.front().second);
  }

 private:
  base::Wide amount_ = 0;
  std::deque<std::pair<base::Wide, Nanos>> parts_;
};

// Safeguarding: what is owed to clients against what is at the bank, per platform and currency (standards.md section
// 4.1). The requirement is all that buyers and sellers are owed: unallocated, custody, payable, refundable, and payouts
// of theirs that the bank has not yet carried out, as that money is still in the account. The resource is the bank
// book. What is over must be the fees that platform and operator have not yet taken out, to the minor unit.
//
// A client is a party; money of an agreement that is not yet released is its buyer's.
//
// Threading: none. Limits: memory grows with accounts, agreements and payouts, and with credits that are not spent.
class Safeguarding {
 public:
  using Pool = std::pair<std::string, std::string>;  // platform (resource name), currency

  struct Client {
    std::string party;  // id; "agreement {id}" when the log does not say whose agreement it is
    base::Wide unallocated = 0;
    base::Wide custody = 0;
    base::Wide payable = 0;
    base::Wide refundable = 0;
    base::Wide in_transit = 0;
    std::optional<Nanos> oldest;  // when the oldest of it came
    std::int64_t age_days = 0;    // of that, at the last event
    [[nodiscard]] base::Wide total() const { return unallocated + custody + payable + refundable + in_transit; }
  };
  struct Row {
    Client sums;  // party and ages are not used
    base::Wide resource = 0;
    base::Wide fees = 0;  // of platform and operator, those in transit included
    std::vector<Client> clients;
    [[nodiscard]] base::Wide requirement() const { return sums.total(); }
    [[nodiscard]] base::Wide difference() const { return resource - requirement(); }
    // Of the difference, what is not fees. Zero, or something is wrong.
    [[nodiscard]] base::Wide unexplained() const { return difference() - fees; }
  };

  // Errors: of Ledger.
  [[nodiscard]] absl::Status Take(const v1::Event& event);
  // No more events come.
  void Finish();

  [[nodiscard]] const std::map<Pool, Row>& rows() const { return rows_; }
  // Whether nothing is missing and nothing is unexplained.
  [[nodiscard]] bool right() const;

  [[nodiscard]] std::string Text(const AsOf& as_of) const;
  [[nodiscard]] std::string Json(const AsOf& as_of) const;

 private:
  void TakeParticipants(const v1::Event& event);
  void TakePayout(const v1::Event& event);
  [[nodiscard]] std::string ClientOf(const Account& account) const;
  void AddTo(Client& client, v1::AccountKind kind, const Entitlement& entitlement) const;

  Ledger ledger_;
  Payouts payouts_;
  Nanos now_ = 0;                                                      // of the last event
  std::map<std::pair<std::string, std::string>, std::string> buyers_;  // by platform and agreement: id
  std::vector<Entitlement> entitlements_;                              // by the ledger's number of the account
  std::map<std::pair<Pool, std::string>, Entitlement> in_transit_;     // by pool and party; empty party: fees
  std::map<Pool, Row> rows_;
};

}  // namespace escrow::audit::exports
