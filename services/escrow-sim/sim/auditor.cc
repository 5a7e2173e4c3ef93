#include "sim/auditor.h"

#include <algorithm>

#include "core/state.h"
#include "engine/replay.h"
#include "sim/merkle_root.h"
#include "sim/state_text.h"
#include "sim/verdict.h"

namespace escrow::sim {
namespace {

std::string At(std::uint64_t sequence) { return "event " + std::to_string(sequence); }

base::Time LogTimeOf(const v1::Event& event) {
  return base::Time{event.log_time().seconds() * base::kNsPerSecond + event.log_time().nanos()};
}

std::string VariableOf(const core::Outcome& outcome, const std::string& name) {
  for (const auto& [key, value] : outcome.variables) {
    if (key == name) {
      return value;
    }
  }
  return "";
}

// The same request, dry run or not.
bool SameBody(v1::Command one, v1::Command other) {
  SetDryRun(one, false);
  SetDryRun(other, false);
  return one.SerializeAsString() == other.SerializeAsString();
}

// Whether the bodies differ at the field that the path starts with.
bool DifferAt(const v1::Command& one, const v1::Command& other, const std::string& path) {
  if (one.payload_case() != other.payload_case()) {
    return path == "payload";
  }
  const google::protobuf::Message& a = *PayloadOf(one);
  const google::protobuf::Message& b = *PayloadOf(other);
  const auto* field = a.GetDescriptor()->FindFieldByName(path.substr(0, path.find_first_of(".[")));
  if (field == nullptr) {
    return false;
  }
  // All other fields dropped: do the rests differ?
  std::unique_ptr<google::protobuf::Message> rest_a(a.New());
  std::unique_ptr<google::protobuf::Message> rest_b(b.New());
  rest_a->CopyFrom(a);
  rest_b->CopyFrom(b);
  for (int i = 0; i < a.GetDescriptor()->field_count(); ++i) {
    if (a.GetDescriptor()->field(i) != field) {
      rest_a->GetReflection()->ClearField(rest_a.get(), a.GetDescriptor()->field(i));
      rest_b->GetReflection()->ClearField(rest_b.get(), a.GetDescriptor()->field(i));
    }
  }
  return rest_a->SerializeAsString() != rest_b->SerializeAsString();
}

bool WasUsedBefore(const core::Outcome& outcome) {
  return outcome.repeated || outcome.reason == v1::REASON_REQUEST_ID_REUSED ||
         outcome.reason == v1::REASON_REQUEST_ID_BURNT;
}

}  // namespace

void Auditor::Trace(std::uint64_t value) {
  trace_ ^= value;
  trace_ *= 0x100000001b3U;
}

void Auditor::InOrder(base::Time log_time) {
  if (log_time <= last_reply_time_) {
    Violated(Check::kReply, "the reply of log time " + std::to_string(log_time.ns) + " came after that of " +
                                std::to_string(last_reply_time_.ns));
  }
  last_reply_time_ = log_time;
}

void Auditor::OnReply(const Work& work, const Reply& reply) {
  log_.Sync();
  const std::size_t count = work.commands.size();
  if (reply.outcomes.size() != count || reply.log_times.size() != count || reply.events.size() != count) {
    Violated(Check::kReply, "a reply has not one outcome for each command");
  }
  for (const core::Outcome& outcome : reply.outcomes) {
    if (outcome.reason != v1::REASON_UNSPECIFIED) {
      marks_.Hit(v1::Reason_Name(outcome.reason));
    }
    Trace(static_cast<std::uint64_t>(outcome.reason) << 1U | (outcome.repeated ? 1U : 0U));
    Trace(outcome.first_sequence << 32U | outcome.last_sequence);
  }
  const bool all_before = std::all_of(reply.outcomes.begin(), reply.outcomes.end(), WasUsedBefore);
  if (work.atomic && !all_before) {
    return OnBatch(work, reply);
  }
  for (std::size_t i = 0; i < count; ++i) {
    OnOne({.command = work.commands[i],
           .actor = work.actor,
           .outcome = reply.outcomes[i],
           .log_time = reply.log_times[i],
           .events = reply.events[i]});
  }
}

void Auditor::OnOne(const One& one) {
  if (WasUsedBefore(one.outcome)) {
    return OnRepeated(one);
  }
  Trace(static_cast<std::uint64_t>(one.log_time.ns));
  InOrder(one.log_time);
  follower_.ConsumeBefore(one.log_time);
  if (IsDryRun(one.command)) {
    return OnDryRun(one);
  }
  follower_.ConsumeAt(one.log_time);
  if (one.outcome.accepted()) {
    return OnAccepted(one);
  }
  if (one.outcome.first_sequence != 0) {
    return OnBurnt(one);
  }
  const std::uint64_t sequence = log_.Find({CallerOf(one.actor), RequestIdOf(one.command)});
  // Later, another attempt may have succeeded; before, another command under the same id.
  if (sequence != 0 && LogTimeOf(log_.at(sequence)) <= one.log_time &&
      SameBody(log_.at(sequence).command(), one.command)) {
    Violated(Check::kRefused, "refused with " + v1::Reason_Name(one.outcome.reason) + ", but in the log as " +
                                  At(sequence) + ": " + one.command.ShortDebugString());
  }
  const model::Prediction prediction = follower_.Ask(one.command, one.actor, one.log_time);
  if (prediction.reason != one.outcome.reason || prediction.repeated || model::Burns(prediction.reason)) {
    Violated(Check::kOutcome,
             "refused with " + v1::Reason_Name(one.outcome.reason) + ", and the model says " +
                 (prediction.repeated ? "that it was done before" : v1::Reason_Name(prediction.reason)) + ": " +
                 one.command.ShortDebugString() + " by " + CallerOf(one.actor));
  }
}

void Auditor::CheckEvents(const One& one) const {
  const std::uint64_t first = one.outcome.first_sequence;
  const std::uint64_t last = one.outcome.last_sequence;
  if (last > log_.size() || log_.EndOf(first) != last) {
    Violated(Check::kAcknowledged, "told of events " + std::to_string(first) + " to " + std::to_string(last) +
                                       ", but the log ends at " + std::to_string(log_.size()) +
                                       " or has other events there");
  }
  if (LogTimeOf(log_.at(first)) != one.log_time) {
    Violated(Check::kReply, "told another log time than that of " + At(first));
  }
  if (one.events.size() != last - first + 1) {
    Violated(Check::kReply, "a reply has not the events that it names");
  }
  for (std::uint64_t sequence = first; sequence <= last; ++sequence) {
    if (one.events[sequence - first] != log_.bytes(sequence)) {
      Violated(Check::kReply, "told other bytes than those of " + At(sequence));
    }
  }
}

void Auditor::OnAccepted(const One& one) {
  const RequestKey key{CallerOf(one.actor), RequestIdOf(one.command)};
  const std::uint64_t sequence = log_.Find(key);
  if (sequence == 0 || sequence != one.outcome.first_sequence || log_.at(sequence).has_command_refused()) {
    Violated(Check::kAcknowledged, "told that it is done as " + At(one.outcome.first_sequence) + ", but the log has " +
                                       (sequence == 0 ? "nothing of it" : At(sequence)) + ": " +
                                       one.command.ShortDebugString());
  }
  CheckEvents(one);
  told_[key] = {.first = sequence, .last = one.outcome.last_sequence, .log_time = one.log_time};
  told_through_ = std::max(told_through_, one.outcome.last_sequence);
}

void Auditor::OnBurnt(const One& one) {
  const std::uint64_t sequence = one.outcome.first_sequence;
  const bool there =
      log_.Find({CallerOf(one.actor), RequestIdOf(one.command)}) == sequence && log_.at(sequence).has_command_refused();
  if (!there || log_.at(sequence).command_refused().reason() != one.outcome.reason) {
    Violated(Check::kAcknowledged, "told that the id was burnt by " + At(sequence) + ", which says something else");
  }
  told_through_ = std::max(told_through_, sequence);
}

void Auditor::OnDryRun(const One& one) {
  const model::Prediction prediction = follower_.AskDry(one.command, one.actor, one.log_time, one.events);
  if (prediction.reason != one.outcome.reason || prediction.repeated) {
    Violated(Check::kOutcome, "a dry run was answered with " + v1::Reason_Name(one.outcome.reason) +
                                  ", and the model says " + v1::Reason_Name(prediction.reason) + ": " +
                                  one.command.ShortDebugString());
  }
  if (one.outcome.first_sequence != 0 || (one.outcome.accepted() && one.events.empty())) {
    Violated(Check::kReply, "a dry run happened, or tells of nothing");
  }
}

void Auditor::OnRepeated(const One& one) {
  marks_.Hit("reply was given again");
  const RequestKey key{CallerOf(one.actor), RequestIdOf(one.command)};
  const std::uint64_t sequence = log_.Find(key);
  if (sequence == 0) {
    Violated(Check::kReply, "told that request " + key.second + " was used before, but it is not in the log");
  }
  const v1::Event& first = log_.at(sequence);
  const bool same = SameBody(first.command(), one.command);
  if (one.outcome.reason == v1::REASON_REQUEST_ID_REUSED) {
    if (same || !DifferAt(first.command(), one.command, VariableOf(one.outcome, "field"))) {
      Violated(Check::kReply, "told that request " + key.second + " had another body, first at '" +
                                  VariableOf(one.outcome, "field") + "', which is not so");
    }
    return;
  }
  const bool burnt = one.outcome.reason == v1::REASON_REQUEST_ID_BURNT;
  if (!same || burnt != first.has_command_refused()) {
    Violated(Check::kReply, "told that request " + key.second + " had this body, or that it was burnt");
  }
  if (burnt) {
    if ("REASON_" + VariableOf(one.outcome, "first_reason") != v1::Reason_Name(first.command_refused().reason())) {
      Violated(Check::kReply, "told another reason than that which burnt request " + key.second);
    }
    return;
  }
  if (one.outcome.first_sequence != sequence) {
    Violated(Check::kReply, "told again of " + At(one.outcome.first_sequence) + " instead of " + At(sequence));
  }
  CheckEvents(one);
  const auto before = told_.find(key);
  if (before != told_.end() && (before->second.first != sequence || before->second.last != one.outcome.last_sequence ||
                                before->second.log_time != one.log_time)) {
    Violated(Check::kReply, "the second reply to request " + key.second + " is another than the first");
  }
  told_through_ = std::max(told_through_, one.outcome.last_sequence);
}

void Auditor::OnBatch(const Work& work, const Reply& reply) {
  const base::Time log_time = reply.log_times.front();
  Trace(static_cast<std::uint64_t>(log_time.ns));
  InOrder(log_time);
  follower_.ConsumeBefore(log_time);
  const std::vector<BatchItem> predicted = follower_.AskBatch(work, log_time);
  const std::uint64_t before = log_.size();
  follower_.ConsumeAt(log_time);
  std::size_t done = 0;
  for (std::size_t i = 0; i < work.commands.size(); ++i) {
    const One one{.command = work.commands[i],
                  .actor = work.actor,
                  .outcome = reply.outcomes[i],
                  .log_time = log_time,
                  .events = reply.events[i]};
    if (one.outcome.reason != predicted[i].reason || one.outcome.repeated != predicted[i].repeated ||
        (one.outcome.first_sequence != 0) != (predicted[i].burnt || one.outcome.accepted())) {
      Violated(Check::kOutcome, "command " + std::to_string(i) + " of an atomic batch was answered with " +
                                    v1::Reason_Name(one.outcome.reason) + ", and the model says " +
                                    v1::Reason_Name(predicted[i].reason) + ": " + one.command.ShortDebugString());
    }
    if (one.outcome.accepted()) {
      OnAccepted(one);
      ++done;
    } else if (one.outcome.first_sequence != 0) {
      OnBurnt(one);
    } else if (!predicted[i].repeated) {
      const std::uint64_t sequence = log_.Find({CallerOf(work.actor), RequestIdOf(one.command)});
      if (sequence != 0 && LogTimeOf(log_.at(sequence)) == log_time) {
        Violated(Check::kRefused, "a command of a batch that was refused is in the log as " + At(sequence));
      }
    }
  }
  if (done != 0 && done != work.commands.size()) {
    Violated(Check::kBatch, std::to_string(done) + " of " + std::to_string(work.commands.size()) +
                                " commands of an atomic batch happened, before event " + std::to_string(before));
  }
}

Sight Auditor::See(const core::Machine& machine, base::Time now) const {
  const std::optional<base::Time> deadline = machine.NextDeadline();
  if (queries_see_all_ && deadline && *deadline <= now) {
    Violated(Check::kAlarm, "a query sees a timer that is due and has not expired");
  }
  if (const std::string wrong = core::CheckLedger(machine.state()); !wrong.empty()) {
    Violated(Check::kLedger, wrong);
  }
  return {.sequence = machine.last_sequence(), .state = StateText(machine.state())};
}

void Auditor::OnSeen(const Sight& sight) {
  log_.Sync();
  if (sight.sequence > log_.size()) {
    Violated(Check::kAcknowledged,
             "a query saw " + At(sight.sequence) + ", but the log ends at " + std::to_string(log_.size()));
  }
  follower_.ConsumeThrough(sight.sequence);
  const std::string expected = StateText(follower_.model());
  if (sight.state != expected) {
    Violated(Check::kState, "at " + At(sight.sequence) + Difference(sight.state, expected));
  }
  told_through_ = std::max(told_through_, sight.sequence);
}

void Auditor::OnDurable(const engine::Watermarks& marks) {
  if (marks.durable_sequence > journal_.tail().sequence) {
    Violated(Check::kAcknowledged, "the engine says that " + At(marks.durable_sequence) +
                                       " is durable, but the log ends at " + std::to_string(journal_.tail().sequence));
  }
  const auto [told, is_new] = roots_.emplace(marks.durable_sequence, marks.durable_root);
  if (!is_new && told->second != marks.durable_root) {
    Violated(Check::kRoot, "two roots for " + std::to_string(marks.durable_sequence) + " events");
  }
}

void Auditor::OnOpened(const core::Machine& machine) {
  if (journal_.tail().sequence < told_through_) {
    Violated(Check::kAcknowledged, "somebody was told of " + At(told_through_) + ", but the log ends at " +
                                       std::to_string(journal_.tail().sequence));
  }
  log_.Sync();
  follower_.ConsumeAll();
  last_reply_time_ = machine.last_log_time();
  if (machine.last_sequence() != journal_.tail().sequence) {
    Violated(Check::kRecovery, "the state is not that of the log's end");
  }
  const std::string state = StateText(machine.state());
  const std::string expected = StateText(follower_.model());
  if (state != expected) {
    Violated(Check::kState, "after opening" + Difference(state, expected));
  }
}

void Auditor::CheckReplay(const core::Machine& machine) const {
  const std::uint64_t size = journal_.tail().sequence;
  const absl::StatusOr<engine::ReplayResult> replayed =
      engine::ReplayFromZero(journal_, size, [](std::uint64_t, std::uint64_t) {});
  if (!replayed.ok()) {
    Violated(Check::kRecovery, "the log cannot be replayed: " + replayed.status().ToString());
  }
  if (replayed->digest != engine::StateDigest(machine)) {
    Violated(Check::kDigest, "the state at " + At(size) + " is not the one that replay from zero gives");
  }
  const journal::Hash root = NaiveRoot(journal_, size);
  if (replayed->root != root || journal_.tail().root != root) {
    Violated(Check::kRoot, "the root at " + At(size) + " is not that of the events");
  }
  for (const auto& [told_size, told_root] : roots_) {
    if (told_size == size && told_root != root) {
      Violated(Check::kRoot, "another root was told for " + At(size));
    }
  }
}

}  // namespace escrow::sim
