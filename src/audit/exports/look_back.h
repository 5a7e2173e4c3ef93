#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "audit/domain.h"
#include "audit/exports/picture.h"
#include "audit/exports/statement.h"
#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/event.pb.h"

namespace escrow::audit::exports {

// LookBack: how an agreement, a party or the ledger stands after any event, worked out again by the rules: each event
// is checked by Domain (see audit/domain.h), so a picture is that of a history which kept the rules up to there.
//
// A party's picture says what it is owed and what of that is reserved for automatic payouts, its part in each of its
// agreements, and its payouts. An agreement's says its sums (design.md §3, 2), milestones, confirmations, timers that
// run, and payouts. The ledger's is the balance of every account that is not zero, credit positive.
//
// Threading: none. Limits: memory is that of Domain and of the subject's agreements.
class LookBack {
 public:
  // Nothing: the ledger.
  explicit LookBack(std::optional<StatementSubject> subject)
      : subject_(std::move(subject)), domain_(RuleTables::Published()) {}

  // The next event. DataLoss with its position when it is not what the rules say. REQUIRES: Chain took it.
  [[nodiscard]] absl::Status Take(const v1::Event& event);

  // After the events so far; nothing when there is no such agreement or party.
  [[nodiscard]] std::optional<Picture> Now() const;
  // An agreement as it was created; null when it is not (yet) there, and of other subjects.
  [[nodiscard]] const v1::Agreement* terms() const;

  // "platforms/shop/agreements/a", "the ledger".
  [[nodiscard]] std::string NameOfSubject() const;
  // Whether the subject is an agreement and the event one of its.
  [[nodiscard]] bool IsOfAgreement(const v1::Event& event) const;

 private:
  // What the log says of an agreement of the subject and the rules need not remember. Amounts are in its currency.
  struct Part {
    v1::Agreement terms;
    std::uint64_t created = 0;
    // By position of the milestone.
    std::vector<std::int64_t> released;
    std::vector<std::int64_t> refunded;
    std::map<std::pair<std::uint32_t, std::string>, std::string> confirmations;  // and "kind/role" -> by which event
    // Of a party.
    std::int64_t share = 0;  // what the schedules give it
    std::int64_t released_to_it = 0;
    std::int64_t refunded_to_it = 0;
  };

  void Remember(const v1::Event& event);
  void RememberMoves(const v1::Event& event, Part& part) const;
  [[nodiscard]] Picture OfLedger() const;
  [[nodiscard]] Picture OfParty(const Party& party) const;
  [[nodiscard]] Picture OfAgreement(const AgreementNow& agreement, const Part& part) const;
  [[nodiscard]] std::string PlatformId() const;

  std::optional<StatementSubject> subject_;
  Domain domain_;
  std::map<std::string, Part> parts_;  // by id of the agreement
};

// What a report of a state says.
struct StateReport {
  AsOf as_of;
  std::string subject;
  Picture picture;

  [[nodiscard]] std::string Text() const { return picture.Text(as_of, subject); }
  [[nodiscard]] std::string Json() const { return picture.Json(as_of, subject); }
};
// How a subject (nothing: the ledger) stands at the end of the extent. Errors: NotFound when there is none; those of
// Walk; DataLoss of LookBack.
[[nodiscard]] absl::StatusOr<StateReport> FindState(EntrySource& source, const Extent& extent,
                                                    const std::optional<StatementSubject>& subject);
// How it differs between the ends of two extents of the source, in one pass. Errors: as above, where a subject need
// only be there in the end; InvalidArgument when `from` ends behind `to`.
[[nodiscard]] absl::StatusOr<DifferenceReport> FindDifference(EntrySource& source, const Extent& from, const Extent& to,
                                                              const std::optional<StatementSubject>& subject);

}  // namespace escrow::audit::exports
