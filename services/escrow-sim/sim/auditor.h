#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/machine.h"
#include "engine/engine.h"
#include "sim/follower.h"
#include "sim/log_view.h"
#include "sim/marks.h"
#include "sim/sim_journal.h"
#include "sim/work.h"

namespace escrow::sim {

// Auditor: compares what clients are told with the log and with the model, and the engine's state with both.
//
// Threading: none. Borrows everything.
class Auditor {
 public:
  // `queries_see_all`: no query is answered while a timer is due (it may be when they are let expire too slowly).
  Auditor(const SimJournal& journal, LogView& log, Follower& follower, Marks& marks, bool queries_see_all)
      : journal_(journal), log_(log), follower_(follower), marks_(marks), queries_see_all_(queries_see_all) {}

  // A client has the reply to `work`. Replies come here in the order in which the engine gave them.
  void OnReply(const Work& work, const Reply& reply);

  // A query sees the machine at `now`. Returns what OnSeen needs when the query is answered.
  [[nodiscard]] Sight See(const core::Machine& machine, base::Time now) const;
  void OnSeen(const Sight& sight);

  // The engine says that the log is durable to here, with this root.
  void OnDurable(const engine::Watermarks& marks);

  // A new engine runs on what the old one left.
  void OnOpened(const core::Machine& machine);
  // The state of `machine`, which has applied the whole log, is the one that replay gives. Also the root.
  void CheckReplay(const core::Machine& machine) const;

  // Over everything that was ever told, for the trace of the run.
  [[nodiscard]] std::uint64_t trace() const { return trace_; }
  void Trace(std::uint64_t value);

 private:
  // What a client was told for good.
  struct Told {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    base::Time log_time;
  };
  struct One {
    const v1::Command& command;
    const v1::Principal& actor;
    const core::Outcome& outcome;
    base::Time log_time;
    const std::vector<std::string>& events;
  };

  void OnOne(const One& one);
  void OnBatch(const Work& work, const Reply& reply);
  void OnAccepted(const One& one);
  void OnBurnt(const One& one);
  void OnDryRun(const One& one);
  void OnRepeated(const One& one);
  void InOrder(base::Time log_time);
  void CheckEvents(const One& one) const;

  const SimJournal& journal_;
  LogView& log_;
  Follower& follower_;
  Marks& marks_;
  const bool queries_see_all_;
  base::Time last_reply_time_;
  std::uint64_t told_through_ = 0;  // the last event that somebody was told of
  std::map<RequestKey, Told> told_;
  std::map<std::uint64_t, journal::Hash> roots_;  // by size of the log
  std::uint64_t trace_ = 0xcbf29ce484222325U;
};

}  // namespace escrow::sim
