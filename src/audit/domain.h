#pragma once

#include <optional>
#include <string>

#include "audit/complaint.h"
#include "audit/domain_actors.h"
#include "audit/domain_world.h"
#include "audit/rule_tables.h"
#include "escrow/v1/event.pb.h"
#include "google/protobuf/arena.h"

namespace escrow::audit {

// Domain: the rules of escrow, followed a second time. Given the events of a log one after the other it works out, from
// what came before and the command or the timer behind each, what the event must say, and compares every field; so an
// event that should not be there, that says something else, or that is missing is found where the log first departs
// from the rules. Nobody's word is taken but for what was asked (commands), by whom (actors) and when (log times).
//
// What events alone cannot show: that a time is the true time, that an actor was who he says, and that a refusal had
// its reason (some of those are checked: that its kind may enter the log, and that what was not found does not exist).
//
// Threading: none. Limits: memory grows with agreements, payouts and request ids; ended agreements keep little.
class Domain {
 public:
  explicit Domain(const RuleTables& tables) : tables_(tables) {}

  // The next event. After a complaint the object is of no more use. REQUIRES: the event has passed EventForm and Chain.
  [[nodiscard]] Complaint Take(const v1::Event& event);
  // The log ends here: wrong when something must still follow from its last event.
  [[nodiscard]] Complaint Finish();

  [[nodiscard]] const World& world() const { return world_; }

 private:
  // Events that follow from each other, one after the other: of a command, or of a timer.
  struct Chain {
    AgreementNow* agreement = nullptr;
    Nanos now = 0;
    Nanos log_time = 0;
    std::uint64_t cause = 0;
  };

  [[nodiscard]] Complaint ExpectFirst(const v1::Event& event);
  [[nodiscard]] Complaint ExpectCommand(const v1::Event& event);
  [[nodiscard]] Complaint ExpectDecision(const v1::Event& event, const Target& target);
  [[nodiscard]] Complaint ExpectRefusal(const v1::Event& event, const Target& target);
  [[nodiscard]] Complaint ExpectTimer(const v1::Event& event);
  // What the chain has still to bring; true when expected_ has been filled with it.
  [[nodiscard]] bool ExpectOfChain();
  // What must still come although something else has.
  [[nodiscard]] Complaint MissingOfChain();

  // The found event against expected_, field by field.
  [[nodiscard]] Complaint Compare(const v1::Event& event);

  [[nodiscard]] Complaint CheckBatch(const v1::Event& event);
  [[nodiscard]] Complaint CheckRequestId(const v1::Event& event, const Target& target);
  [[nodiscard]] Complaint CheckNothingDue(const AgreementNow& agreement) const;
  // The parts of expected_ that every event of a platform, and of an agreement, has.
  void SetTimes(Nanos log_time);
  void SetAgreement(const AgreementNow& agreement);

  const RuleTables& tables_;
  World world_;
  std::optional<Chain> chain_;
  // What the event must be, in an arena of its own because it refers to the found one's command and actor (see
  // Compare), and by which time the rules are applied to it.
  google::protobuf::Arena arena_;
  v1::Event* expected_ = nullptr;
  std::string expected_bytes_;
  std::string found_bytes_;
  Nanos now_ = 0;
  // The last command: commands of one log time are an atomic batch.
  Nanos batch_time_ = 0;
  bool batch_refused_ = false;
};

}  // namespace escrow::audit
