#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/model.h"
#include "sim/log_view.h"
#include "sim/marks.h"
#include "sim/work.h"

namespace escrow::sim {

// What the model expects of a command of an atomic batch.
struct BatchItem {
  v1::Reason reason = v1::REASON_UNSPECIFIED;
  bool repeated = false;
  bool burnt = false;  // by the end of the batch
};

// Follower: takes the model along the log and compares, event by event. A difference is a violation.
//
// Threading: none. Borrows log and marks.
class Follower {
 public:
  Follower(const LogView& log, Marks& marks) : log_(log), marks_(marks) {}

  // What clients send, before they send it: the log may hold nothing else.
  void WillSend(const WorkPointer& work);

  // Follows the log up to the last event before `time`; or that of `time`, too.
  void ConsumeBefore(base::Time time);
  void ConsumeAt(base::Time time);
  // Follows it to event `sequence`, or to its end.
  void ConsumeThrough(std::uint64_t sequence);
  void ConsumeAll() { ConsumeThrough(log_.size()); }

  // The model where the log has been followed to.
  [[nodiscard]] const model::Model& model() const { return model_; }
  // What it says to a command that left no event at `time`. REQUIRES: followed to there.
  [[nodiscard]] model::Prediction Ask(const v1::Command& command, const v1::Principal& actor, base::Time time);
  // What it says to a dry run, and the comparison with the events that were answered (as stored).
  [[nodiscard]] model::Prediction AskDry(const v1::Command& command, const v1::Principal& actor, base::Time time,
                                         const std::vector<std::string>& answered) const;
  // What it says to an atomic batch at `time`.
  [[nodiscard]] std::vector<BatchItem> AskBatch(const Work& work, base::Time time) const;

 private:
  using Events = std::vector<const v1::Event*>;

  // Follows one event and what it caused.
  void ConsumeGroup();
  void ConsumeCommand(const Events& events);
  void ConsumeRefused(const v1::Event& event);
  void ConsumeAlarm(model::Model& model, const Events& events) const;
  void CheckShape(const Events& events);
  void CheckBook(const v1::Event& event) const;
  // Executes the command in the model. Before it, every timer of its agreement that is due must have expired.
  [[nodiscard]] static model::Prediction Execute(model::Model& model, const v1::Command& command,
                                                 const v1::Principal& actor, base::Time time, std::uint64_t sequence);
  void CountMarks(const v1::Event& event);
  void CountState(const v1::Event& event);

  const LogView& log_;
  Marks& marks_;
  model::Model model_;
  std::uint64_t followed_ = 0;  // events
  base::Time last_command_time_;
  std::optional<model::Key> changed_;             // the agreement of the last command that was accepted
  std::map<std::string, std::uint64_t> last_of_;  // by agreement and payout: its last event
  std::map<RequestKey, std::vector<std::string>> sent_;
  std::map<RequestKey, WorkPointer> batches_;  // atomic ones, by each of their commands
  // The batch that ended in refusal at this time, and what the model said of it.
  base::Time batch_time_;
  std::vector<BatchItem> batch_;
};

}  // namespace escrow::sim
