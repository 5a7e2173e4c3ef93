#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "escrow/v1/command.pb.h"
#include "escrow/v1/event.pb.h"
#include "escrow/v1/platform.pb.h"
#include "escrow/v1/reason.pb.h"
#include "model/world.h"

namespace escrow::model {

// What the model expects of a command.
struct Prediction {
  v1::Reason reason = v1::REASON_UNSPECIFIED;  // why it is refused; UNSPECIFIED: it is not
  bool repeated = false;                       // its request id was used before, and nothing happens
  bool looked = false;                         // the state of the command's agreement mattered
  // What happens, the command's own event first: fact, postings, currency, platform, agreement and, in effective_time,
  // the time by which the rules are applied. Nothing else is set.
  std::vector<v1::Event> events;

  [[nodiscard]] bool accepted() const { return reason == v1::REASON_UNSPECIFIED && !repeated; }
};

// Whether a refusal with this reason burns the request id (docs/API.md).
[[nodiscard]] bool Burns(v1::Reason reason);

// Model: a naive second opinion on the rules of escrow. It is written from design.md, docs/API.md and the comments of
// the protos, shares no code with src/core, and prefers what is obvious to what is fast. It follows a log: it is told
// what was tried, in the order of the log, and says what must come of it.
//
// A value: a copy is a world in which something else can be tried. Threading: none.
class Model {
 public:
  // The command was executed at `log_time`, as event `sequence` if it makes one. Alarms of its agreement that were due
  // have gone off before (see Expire).
  [[nodiscard]] Prediction Execute(const v1::Command& command, const v1::Principal& actor, Nanos log_time,
                                   std::uint64_t sequence);

  // The command's request id was burnt by the end of its batch.
  void Burn(const v1::Command& command, const v1::Principal& actor);
  // Whether a failed atomic batch that burns its ids burns that of this command, too.
  [[nodiscard]] bool CanBurn(const v1::Command& command, const v1::Principal& actor) const;

  // The agreement's alarms that are set, in no order.
  [[nodiscard]] std::vector<Alarm> AlarmsOf(const Key& agreement) const;
  // The agreement's next alarm; nothing when it waits for nothing.
  [[nodiscard]] std::optional<Alarm> NextAlarm(const Key& agreement) const;
  // The same if it is due at `log_time`.
  [[nodiscard]] std::optional<Alarm> DueAlarm(const Key& agreement, Nanos log_time) const;
  // The agreement's next alarm goes off, as event `sequence`. REQUIRES: there is one.
  [[nodiscard]] std::vector<v1::Event> Expire(const Key& agreement, std::uint64_t sequence);

  // What only the log knows of an event that the model has predicted: its position, and the name of an automatic
  // payout.
  void Learn(const v1::Event& event);

  // The agreement that the command is about, directly or by its automatic payout, if it exists.
  [[nodiscard]] std::optional<Key> AgreementOf(const v1::Command& command) const;
  // The platform's time.
  [[nodiscard]] Nanos Now(const std::string& platform, Nanos log_time) const;
  // A name for who asks, empty when there is no such principal.
  [[nodiscard]] std::string WhoIs(const v1::Principal& actor) const;

  [[nodiscard]] const World& world() const { return world_; }

 private:
  World world_;
};

}  // namespace escrow::model
