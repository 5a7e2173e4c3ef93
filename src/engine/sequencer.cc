#include "engine/sequencer.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/mutant.h"
#include "engine/event_bytes.h"
#include "engine/fail_stop.h"

namespace escrow::engine {
namespace {

// With so many events at hand the committer is not kept waiting for more: a sync costs little per event then.
constexpr std::size_t kStagedEventsMax = 256;

// While a timer runs, the clock is looked at so often: somebody may have set it.
constexpr std::int64_t kClockCheckNs = base::kNsPerSecond;

// So much of a snapshot is written for each event that was logged meanwhile, and so much while nothing is to be done:
// 64 KiB take about 0.1 ms. An event's share is some ten agreements, which are packed mostly, so that it is copying.
constexpr std::size_t kSaveBytesPerEvent = 2'048;
constexpr std::size_t kSaveBytesIdle = 64 << 10;

// So much while nobody waits.
constexpr std::size_t kSaveBytesAtOnce = 1 << 20;

// A query lets so many rounds of timers expire first, EngineOptions::expire_max each; with more than that due, it may
// see some that have not.
constexpr int kExpireRoundsBeforeQuery = 16;

}  // namespace

Sequencer::Sequencer(const Parts& parts)
    : parts_(parts),
      core_(parts.options.shared_core),
      last_stamp_(parts.machine.last_log_time()),
      last_snapshot_(parts.snapshotter.newest().sequence),
      applied_(parts.machine.last_sequence()) {}

Stepped Sequencer::Step(Wait wait) {
  if (!parts_.inbox.Take(taken_, WaitMax(wait))) {
    if (!saving_ && snapshot_orders_.empty()) {
      return Stepped::kEnded;
    }
    SnapshotIfDue();  // somebody waits for it
    return Stepped::kWorked;
  }
  const bool idle = taken_.empty() && !TimersAreDue() && !saving_ && !SnapshotIsDue();
  for (Work& work : taken_) {
    std::visit([this](auto& item) { Do(std::move(item)); }, work);
    ExpireDue();
    PublishIfLarge();
  }
  taken_.clear();
  ExpireDue();
  Publish();
  SnapshotIfDue();
  return idle ? Stepped::kIdle : Stepped::kWorked;
}

std::optional<std::chrono::nanoseconds> Sequencer::WaitMax(Wait wait) const {
  if (wait == Wait::kNot || saving_) {
    return std::chrono::nanoseconds(0);
  }
  const std::optional<base::Time> deadline = parts_.machine.NextDeadline();
  if (!deadline) {
    return std::nullopt;
  }
  const std::int64_t now = Now().ns;
  return std::chrono::nanoseconds(deadline->ns <= now ? 0 : std::min(deadline->ns - now, kClockCheckNs));
}

base::Time Sequencer::Now() const { return std::max(parts_.clock.Now(), last_stamp_); }

base::Time Sequencer::Stamp() {
  last_stamp_ = std::max(parts_.clock.Now(), base::Time{last_stamp_.ns + 1});
  return last_stamp_;
}

void Sequencer::Do(std::unique_ptr<Submission> submission) {
  const std::size_t count = submission->requests.size();
  core_.Note(count);
  submission->outcomes.resize(count);
  submission->log_times.resize(count);
  if (submission->atomic) {
    ExecuteAtomic(*submission);
  } else {
    ExecuteEach(*submission);
  }
  Complete({.submission = std::move(submission), .done = nullptr});
}

void Sequencer::Do(QueryWork query) {
  // Who moved a sandbox's clock wants to see what has expired, not what is about to.
  for (int round = 0; round < kExpireRoundsBeforeQuery && TimersAreDue(); ++round) {
    ExpireDue();
  }
  query.read(parts_.machine, Now());
  Complete({.submission = nullptr, .done = std::move(query.done)});
}

void Sequencer::Do(SnapshotWork order) { snapshot_orders_.push_back(std::move(order.done)); }

void Sequencer::ExecuteEach(Submission& submission) {
  for (std::size_t i = 0; i < submission.requests.size(); ++i) {
    const std::uint64_t before = parts_.machine.last_sequence();
    events_.Clear();
    submission.log_times[i] = Stamp();
    submission.outcomes[i] = parts_.machine.Execute(submission.requests[i], last_stamp_, events_);
    LogEvents(before);
    if (submission.want_events) {
      GiveEvents(submission, i, parts_.machine.last_sequence() != before);
    }
    ExpireDue();
    PublishIfLarge();
  }
}

void Sequencer::ExecuteAtomic(Submission& submission) {
  const std::uint64_t before = parts_.machine.last_sequence();
  events_.Clear();
  std::vector<core::Outcome> outcomes = parts_.machine.ExecuteAtomic(submission.requests, Stamp(), events_);
  ESCROW_ASSERT(outcomes.size() == submission.requests.size());
  std::ranges::move(outcomes, submission.outcomes.begin());
  std::fill(submission.log_times.begin(), submission.log_times.end(), last_stamp_);
  LogEvents(before);
  for (std::size_t i = 0; submission.want_events && i < submission.requests.size(); ++i) {
    GiveEvents(submission, i, true);
  }
}

// Those of a dry run are in no log, so they are encoded just for this.
void Sequencer::GiveEvents(Submission& submission, std::size_t index, bool logged) const {
  const core::Outcome& outcome = submission.outcomes[index];
  if (!logged) {
    for (std::size_t i = 0; i < events_.size(); ++i) {
      submission.AddEvent(index, events_[i].SerializeAsString());
    }
    return;
  }
  if (outcome.repeated || outcome.first_sequence == 0) {
    return;
  }
  const journal::Group& group = staged_.group;
  ESCROW_ASSERT(outcome.first_sequence >= group.first_sequence && outcome.last_sequence <= group.last_sequence());
  for (std::uint64_t sequence = outcome.first_sequence; sequence <= outcome.last_sequence; ++sequence) {
    submission.AddEvent(index, group.event(sequence - group.first_sequence));
  }
}

void Sequencer::LogEvents(std::uint64_t last_before) {
  const std::uint64_t logged = parts_.machine.last_sequence() - last_before;
  if (logged == 0) {
    return;  // nothing happened; what a dry run would have done may be in events_
  }
  ESCROW_ASSERT(events_.size() == logged);
  for (std::size_t i = 0; i < events_.size(); ++i) {
    AppendEvent(events_[i], staged_.group);
  }
}

bool Sequencer::TimersAreDue() const {
  const std::optional<base::Time> deadline = parts_.machine.NextDeadline();
  return deadline && *deadline <= Now();
}

void Sequencer::ExpireDue() {
  if (!TimersAreDue()) {
    return;
  }
  const std::uint64_t before = parts_.machine.last_sequence();
  events_.Clear();
  const std::size_t expired = parts_.machine.Expire(Stamp(), parts_.options.expire_max, events_);
  ESCROW_ASSERT(expired > 0);
  LogEvents(before);
}

void Sequencer::Complete(Completion completion) {
  // A refusal, a dry run or a query that saw nothing but durable events need not wait for a group.
  if ((staged_.empty() || ESCROW_MUTANT(ReplyBeforeSync)) &&
      parts_.responder.DeliverIfDurable(completion, parts_.machine.last_sequence(), attached_)) {
    return;
  }
  staged_.completions.push_back(std::move(completion));
  ++attached_;
}

void Sequencer::PublishIfLarge() {
  if (staged_.group.ends.size() >= kStagedEventsMax || staged_.group.bytes.size() >= parts_.options.group_bytes_max) {
    Publish();
  }
}

void Sequencer::Publish() {
  if (staged_.empty()) {
    return;
  }
  if (!staged_.group.ends.empty()) {
    applied_.store(parts_.machine.last_sequence(), std::memory_order_release);
  }
  parts_.slot.Put(staged_);
  ESCROW_ASSERT(staged_.empty());
}

std::shared_ptr<SnapshotFeed> Sequencer::BeginSnapshot(std::function<void(const absl::Status&)> done) {
  journal::SnapshotInfo info{.sequence = parts_.machine.last_sequence()};
  // The changes are those since the last snapshot that was begun. They help only when that one has come to its end.
  const SnapshotSeries series = parts_.snapshotter.newest();
  const core::SaveExtent extent = series.sequence == last_snapshot_ ? series.Next() : core::SaveExtent::kWhole;
  if (extent == core::SaveExtent::kChanges) {
    info.base_sequence = series.sequence;
    info.base_digest = series.digest;
  }
  parts_.machine.BeginSave(extent);
  last_snapshot_ = info.sequence;
  return std::make_shared<SnapshotFeed>(std::move(info), std::move(done));
}

std::shared_ptr<SnapshotFeed> Sequencer::MakeSnapshot() {
  std::shared_ptr<SnapshotFeed> feed = BeginSnapshot([](const absl::Status&) {});
  while (!parts_.machine.ContinueSave(kSaveBytesAtOnce, [&feed](std::string_view piece) { feed->Append(piece); })) {
  }
  feed->End();
  return feed;
}

bool Sequencer::SnapshotIsDue() const {
  const bool by_events = parts_.machine.last_sequence() - last_snapshot_ >= parts_.options.snapshot_events &&
                         !parts_.snapshotter.busy() && parts_.disk.has_room();
  return by_events || !snapshot_orders_.empty();
}

void Sequencer::SnapshotIfDue() {
  if (!saving_ && SnapshotIsDue()) {
    const std::uint64_t sequence = saved_until_ = parts_.machine.last_sequence();
    saving_ = BeginSnapshot([sequence, orders = std::move(snapshot_orders_)](const absl::Status& status) {
      if (!status.ok() && orders.empty()) {
        Warn("no snapshot at event " + std::to_string(sequence) + ": " + status.ToString());
      }
      for (const auto& done : orders) {
        done(status);
      }
    });
    snapshot_orders_.clear();
    parts_.snapshotter.Start(saving_);
    staged_.snapshots.push_back(saving_);
    Publish();
  }
  if (saving_) {
    ContinueSnapshot();
  }
}

// Each event that was logged since the last time pays for some bytes of the snapshot, so it comes to its end under any
// load, and no command waits for more than its share.
void Sequencer::ContinueSnapshot() {
  const std::uint64_t events =
      parts_.machine.last_sequence() - std::exchange(saved_until_, parts_.machine.last_sequence());
  const std::size_t bytes = events == 0 ? kSaveBytesIdle : events * kSaveBytesPerEvent;
  if (parts_.machine.ContinueSave(bytes, [this](std::string_view piece) { saving_->Append(piece); })) {
    saving_->End();
    saving_ = nullptr;
  }
}

}  // namespace escrow::engine
