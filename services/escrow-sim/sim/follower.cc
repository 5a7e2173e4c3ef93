#include "sim/follower.h"

#include <algorithm>

#include "sim/verdict.h"

namespace escrow::sim {
namespace {

base::Time LogTimeOf(const v1::Event& event) {
  return base::Time{event.log_time().seconds() * base::kNsPerSecond + event.log_time().nanos()};
}

base::Time TimeOf(const v1::Event& event) {
  const auto& time = event.has_effective_time() ? event.effective_time() : event.log_time();
  return base::Time{time.seconds() * base::kNsPerSecond + time.nanos()};
}

// What an event says, as far as the model can know it, as comparable bytes.
std::string Essence(const v1::Event& event, bool automatic) {
  const google::protobuf::FieldDescriptor* field =
      event.GetReflection()->GetOneofFieldDescriptor(event, event.GetDescriptor()->FindOneofByName("fact"));
  std::string text = std::to_string(TimeOf(event).ns) + " " + event.platform() + " " + event.agreement_id() + " " +
                     event.currency_code() + " " + field->name() + " ";
  if (automatic && event.has_payout_requested()) {
    v1::PayoutRequested fact = event.payout_requested();
    fact.clear_payout_id();
    fact.AppendToString(&text);
  } else {
    event.GetReflection()->GetMessage(event, field).AppendToString(&text);
  }
  std::vector<std::string> postings;
  for (const v1::Posting& posting : event.postings()) {
    posting.SerializeToString(&postings.emplace_back());
  }
  std::sort(postings.begin(), postings.end());
  for (const std::string& posting : postings) {
    text += " " + posting;
  }
  return text;
}

std::string Describe(const v1::Event& event) {
  v1::Event shown = event;
  shown.clear_command();
  shown.clear_actor();
  return shown.ShortDebugString();
}

// Compares what happened with what the model says, in any order.
void Compare(const std::vector<const v1::Event*>& happened, const std::vector<v1::Event>& predicted) {
  std::vector<std::string> one;
  std::vector<std::string> other;
  for (const v1::Event* event : happened) {
    one.push_back(Essence(*event, !event->has_command()));
  }
  for (const v1::Event& event : predicted) {
    other.push_back(Essence(event, /*automatic=*/false));
  }
  std::sort(one.begin(), one.end());
  std::sort(other.begin(), other.end());
  if (one == other) {
    return;
  }
  std::string text = "the log has";
  for (const v1::Event* event : happened) {
    text += "\n  " + Describe(*event);
  }
  text += "\nand the model says";
  for (const v1::Event& event : predicted) {
    text += "\n  " + Describe(event);
  }
  Violated(Check::kEvents, text + "\nof " + happened.front()->command().ShortDebugString());
}

std::optional<model::Key> AgreementKey(const v1::Event& event) {
  if (event.agreement_id().empty()) {
    return std::nullopt;
  }
  return model::Key{event.platform().substr(event.platform().find('/') + 1), event.agreement_id()};
}

std::string At(std::uint64_t sequence) { return "event " + std::to_string(sequence); }

}  // namespace

void Follower::WillSend(const WorkPointer& work) {
  for (const v1::Command& command : work->commands) {
    const RequestKey key{CallerOf(work->actor), RequestIdOf(command)};
    std::vector<std::string>& bodies = sent_[key];
    std::string body = command.SerializeAsString();
    if (std::find(bodies.begin(), bodies.end(), body) == bodies.end()) {
      bodies.push_back(std::move(body));
    }
    if (work->atomic) {
      batches_[key] = work;
    }
  }
}

void Follower::ConsumeBefore(base::Time time) {
  while (followed_ < log_.size() && LogTimeOf(log_.at(followed_ + 1)) < time) {
    ConsumeGroup();
  }
}

void Follower::ConsumeAt(base::Time time) {
  while (followed_ < log_.size() && LogTimeOf(log_.at(followed_ + 1)) <= time) {
    ConsumeGroup();
  }
}

void Follower::ConsumeThrough(std::uint64_t sequence) {
  while (followed_ < sequence) {
    ConsumeGroup();
  }
}

void Follower::ConsumeGroup() {
  const std::uint64_t first = followed_ + 1;
  followed_ = log_.EndOf(first);
  Events events;
  for (std::uint64_t sequence = first; sequence <= followed_; ++sequence) {
    events.push_back(&log_.at(sequence));
  }
  const v1::Event& event = *events.front();
  if (changed_ && LogTimeOf(event) > last_command_time_) {
    if (model_.DueAlarm(*changed_, last_command_time_.ns)) {
      Violated(Check::kAlarm, "a timer of " + changed_->first + "/" + changed_->second +
                                  " was due after a command at " + std::to_string(last_command_time_.ns) +
                                  " and did not expire");
    }
    changed_.reset();
  }
  CheckShape(events);
  if (event.has_command_refused()) {
    ConsumeRefused(event);
  } else if (event.has_command()) {
    ConsumeCommand(events);
  } else if (!event.has_log_created()) {
    ConsumeAlarm(model_, events);
  }
  for (const v1::Event* each : events) {
    model_.Learn(*each);
    CheckBook(*each);
    CountMarks(*each);
  }
}

void Follower::CheckShape(const Events& events) {
  const v1::Event& first = *events.front();
  for (const v1::Event* event : events) {
    const std::uint64_t sequence = event->sequence();
    if (event != events.front() && (event->has_command() || LogTimeOf(*event) != LogTimeOf(first))) {
      Violated(Check::kLog, At(sequence) + " does not follow from " + At(first.sequence()));
    }
    if (event == events.front() && event->cause_sequence() != 0) {
      Violated(Check::kLog, At(sequence) + " is caused by " + At(event->cause_sequence()) + ", far before it");
    }
    model::Wide sum = 0;
    for (const v1::Posting& posting : event->postings()) {
      sum += posting.minor_units();
    }
    if (sum != 0 || event->postings().empty() != event->currency_code().empty()) {
      Violated(Check::kLog, "the postings do not add up: " + Describe(*event));
    }
    std::string subject = event->platform() + " " + event->agreement_id();
    if (event->agreement_id().empty()) {
      const google::protobuf::Message* payload = PayloadOf(event->command());
      const auto* name = payload == nullptr ? nullptr : payload->GetDescriptor()->FindFieldByName("name");
      const bool of_payout = event->has_payout_sent() || event->has_payout_settled() || event->has_payout_failed() ||
                             event->has_payout_returned();
      subject = event->has_payout_requested() ? event->platform() + "/payouts/" + event->payout_requested().payout_id()
                : of_payout                   ? payload->GetReflection()->GetString(*payload, name)
                                              : "";
    }
    if (!subject.empty()) {
      std::uint64_t& last = last_of_[subject];
      if (event->previous_sequence() != last) {
        Violated(Check::kLog, At(sequence) + " does not name the event before it, " + At(last));
      }
      last = sequence;
    }
  }
  if (first.has_command()) {
    const RequestKey key{CallerOf(first.actor()), RequestIdOf(first.command())};
    const auto sent = sent_.find(key);
    if (sent == sent_.end() || std::find(sent->second.begin(), sent->second.end(),
                                         first.command().SerializeAsString()) == sent->second.end()) {
      Violated(Check::kLog, At(first.sequence()) + " holds a command that nobody has sent");
    }
    const bool in_batch = batches_.count(key) == 1;
    if (LogTimeOf(first) < last_command_time_ || (LogTimeOf(first) == last_command_time_ && !in_batch)) {
      Violated(Check::kLog, At(first.sequence()) + " is not later than the command before it");
    }
    last_command_time_ = LogTimeOf(first);
  }
}

model::Prediction Follower::Execute(model::Model& model, const v1::Command& command, const v1::Principal& actor,
                                    base::Time time, std::uint64_t sequence) {
  const std::optional<model::Key> agreement = model.AgreementOf(command);
  const bool due = agreement && model.DueAlarm(*agreement, time.ns);
  model::Prediction prediction = model.Execute(command, actor, time.ns, sequence);
  if (due && prediction.looked) {
    Violated(Check::kAlarm, "a timer of " + agreement->first + "/" + agreement->second +
                                " was due before a command at " + std::to_string(time.ns) +
                                " and did not expire: " + command.ShortDebugString());
  }
  return prediction;
}

void Follower::ConsumeCommand(const Events& events) {
  const v1::Event& event = *events.front();
  const base::Time time = LogTimeOf(event);
  const model::Prediction prediction = Execute(model_, event.command(), event.actor(), time, event.sequence());
  if (!prediction.accepted()) {
    Violated(prediction.repeated ? Check::kReply : Check::kOutcome,
             At(event.sequence()) + " happened, and the model says " +
                 (prediction.repeated ? "that it did before" : v1::Reason_Name(prediction.reason)) + ": " +
                 event.command().ShortDebugString());
  }
  Compare(events, prediction.events);
  changed_ = AgreementKey(event);
}

void Follower::ConsumeRefused(const v1::Event& event) {
  const base::Time time = LogTimeOf(event);
  const RequestKey key{CallerOf(event.actor()), RequestIdOf(event.command())};
  const auto found = batches_.find(key);
  v1::Reason expected = v1::REASON_UNSPECIFIED;
  if (found != batches_.end()) {
    const Work& work = *found->second;
    if (batch_time_ != time) {
      batch_ = AskBatch(work, time);
      batch_time_ = time;
    }
    for (std::size_t i = 0; i < work.commands.size(); ++i) {
      if (RequestIdOf(work.commands[i]) == key.second && batch_[i].burnt) {
        expected = batch_[i].reason;
        break;
      }
    }
    model_.Burn(event.command(), event.actor());
  } else {
    const model::Prediction prediction = Execute(model_, event.command(), event.actor(), time, event.sequence());
    expected = model::Burns(prediction.reason) ? prediction.reason : v1::REASON_UNSPECIFIED;
  }
  if (event.command_refused().reason() != expected) {
    Violated(Check::kOutcome, At(event.sequence()) + " was refused with " +
                                  v1::Reason_Name(event.command_refused().reason()) +
                                  " and burnt, and the model says " + v1::Reason_Name(expected) + ": " +
                                  event.command().ShortDebugString());
  }
}

void Follower::ConsumeAlarm(model::Model& model, const Events& events) const {
  const v1::Event& event = *events.front();
  const std::optional<model::Key> key = AgreementKey(event);
  if (!key || model.world().agreements.count(*key) == 0 || !model.DueAlarm(*key, LogTimeOf(event).ns)) {
    Violated(Check::kAlarm, "nothing was due: " + Describe(event));
  }
  Compare(events, model.Expire(*key, event.sequence()));
}

// No account but the bank's is ever overdrawn, and that one never has money that is not there.
void Follower::CheckBook(const v1::Event& event) const {
  const std::string platform = event.platform().substr(event.platform().find('/') + 1);
  for (const v1::Posting& posting : event.postings()) {
    std::string whose = posting.party_id();
    if (posting.account() == v1::ACCOUNT_KIND_UNALLOCATED) {
      whose = event.agreement_id();
    } else if (posting.account() == v1::ACCOUNT_KIND_CUSTODY) {
      whose = event.agreement_id() + "#" + std::to_string(posting.milestone_index());
    }
    const auto found = model_.world().book.find({platform, event.currency_code(), posting.account(), whose});
    const model::Wide balance = found == model_.world().book.end() ? 0 : found->second;
    const bool bank = posting.account() == v1::ACCOUNT_KIND_CUSTODY_BANK;
    if (found == model_.world().book.end() || (bank ? balance > 0 : balance < 0)) {
      Violated(Check::kLedger, "an account is overdrawn: " + Describe(event));
    }
  }
}

model::Prediction Follower::Ask(const v1::Command& command, const v1::Principal& actor, base::Time time) {
  return Execute(model_, command, actor, time, 0);
}

model::Prediction Follower::AskDry(const v1::Command& command, const v1::Principal& actor, base::Time time,
                                   const std::vector<std::string>& answered) const {
  model::Model model = model_;
  model::Prediction prediction;
  std::vector<v1::Event> events;
  for (const std::string& bytes : answered) {
    if (!events.emplace_back().ParseFromString(bytes)) {
      Violated(Check::kLog, "a dry run is answered with bytes that are no event");
    }
  }
  bool executed = false;
  for (std::size_t i = 0; i < events.size();) {
    Events group = {&events[i]};
    for (++i; i < events.size() && events[i].cause_sequence() == group.front()->sequence(); ++i) {
      group.push_back(&events[i]);
    }
    if (!group.front()->has_command()) {
      ConsumeAlarm(model, group);
    } else {
      prediction = Execute(model, command, actor, time, group.front()->sequence());
      executed = true;
      if (prediction.accepted() && !group.front()->has_command_refused()) {
        Compare(group, prediction.events);
      }
    }
    for (const v1::Event* event : group) {
      model.Learn(*event);
    }
  }
  return executed ? prediction : Execute(model, command, actor, time, 0);
}

std::vector<BatchItem> Follower::AskBatch(const Work& work, base::Time time) const {
  model::Model model = model_;
  const auto expire_due = [&](const v1::Command& command) {
    const std::optional<model::Key> agreement = model.AgreementOf(command);
    while (agreement && model.DueAlarm(*agreement, time.ns)) {
      (void)model.Expire(*agreement, 0);
    }
  };
  std::vector<BatchItem> items(work.commands.size());
  std::size_t repeated = 0;
  std::size_t failed = items.size();
  for (std::size_t i = 0; i < items.size() && failed == items.size(); ++i) {
    model::Prediction prediction;
    if (IsDryRun(work.commands[i])) {
      prediction.reason = v1::REASON_INVALID_FIELD;
    } else {
      expire_due(work.commands[i]);
      prediction = model.Execute(work.commands[i], work.actor, time.ns, 0);
      expire_due(work.commands[i]);
    }
    items[i] = {.reason = prediction.reason, .repeated = prediction.repeated};
    repeated += prediction.repeated ? 1U : 0U;
    if (prediction.reason == v1::REASON_UNSPECIFIED && repeated != 0 && repeated != i + 1) {
      items[i] = {.reason = v1::REASON_REQUEST_ID_REUSED};  // done in part before: not the same batch
    }
    if (items[i].reason != v1::REASON_UNSPECIFIED) {
      failed = i;
    }
  }
  if (failed == items.size()) {
    return items;
  }
  const v1::Reason cause = items[failed].reason;
  items.assign(items.size(), {.reason = v1::REASON_BATCH_ABORTED});
  items[failed].reason = cause;
  model = model_;
  for (std::size_t i = 0; i < items.size() && model::Burns(cause); ++i) {
    items[i].burnt = !IsDryRun(work.commands[i]) && model.CanBurn(work.commands[i], work.actor);
    if (items[i].burnt) {
      model.Burn(work.commands[i], work.actor);
    }
  }
  return items;
}

void Follower::CountMarks(const v1::Event& event) {
  marks_.Hit(v1::EventKind_Name(static_cast<v1::EventKind>(event.fact_case())));
  if (event.has_milestone_released()) {
    marks_.Hit(v1::MoveCause_Name(event.milestone_released().cause()));
  } else if (event.has_milestone_refunded()) {
    marks_.Hit(v1::MoveCause_Name(event.milestone_refunded().cause()));
  } else if (event.has_unallocated_returned()) {
    marks_.Hit("returned " + v1::UnallocatedReturned::Cause_Name(event.unallocated_returned().cause()));
  } else if (event.has_clock_advanced()) {
    marks_.Hit("sandbox clock jumped");
  }
  CountState(event);
}

void Follower::CountState(const v1::Event& event) {
  const std::optional<model::Key> key = AgreementKey(event);
  if (key) {
    const model::Agreement& agreement = model_.world().agreements.at(*key);
    marks_.Hit("agreement " + v1::Agreement::State_Name(agreement.state));
    for (const model::Milestone& milestone : agreement.milestones) {
      marks_.Hit("milestone " + v1::Milestone::State_Name(milestone.state));
    }
  }
  const int state = event.has_payout_requested()  ? v1::Payout::STATE_REQUESTED
                    : event.has_payout_sent()     ? v1::Payout::STATE_SENT
                    : event.has_payout_settled()  ? v1::Payout::STATE_SETTLED
                    : event.has_payout_failed()   ? v1::Payout::STATE_FAILED
                    : event.has_payout_returned() ? v1::Payout::STATE_RETURNED
                                                  : 0;
  if (state != 0) {
    marks_.Hit("payout " + v1::Payout::State_Name(static_cast<v1::Payout::State>(state)));
  }
}

}  // namespace escrow::sim
