#include "engine/inbox.h"

#include "base/assert.h"
#include "core/limits.h"

namespace escrow::engine {
namespace {

// While the committer works, the sequencer is woken for so many commands. It executes them in less time than a sync
// takes.
constexpr std::size_t kWakeCommands = 16;

InFlight CountOf(const Work& work) {
  if (const auto* submission = std::get_if<std::unique_ptr<Submission>>(&work)) {
    return {.commands = (*submission)->requests.size(), .queries = 0};
  }
  return {.commands = 0, .queries = std::holds_alternative<QueryWork>(work) ? 1U : 0U};
}

void Increase(InFlight& sum, const InFlight& count) {
  sum.commands += count.commands;
  sum.queries += count.queries;
}

void Decrease(InFlight& sum, const InFlight& count) {
  ESCROW_ASSERT(sum.commands >= count.commands && sum.queries >= count.queries);
  sum.commands -= count.commands;
  sum.queries -= count.queries;
}

bool IsNothing(const InFlight& count) { return count.commands == 0 && count.queries == 0; }

}  // namespace

Inbox::Inbox(std::size_t inflight_commands_max, std::size_t inflight_queries_max)
    : commands_max_(inflight_commands_max), queries_max_(inflight_queries_max) {
  ESCROW_ASSERT(commands_max_ >= core::kBatchCommandsMax);
}

v1::Reason Inbox::Add(Work& work) {
  const InFlight count = CountOf(work);
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (draining_) {
      return v1::REASON_DRAINING;
    }
    if (in_flight_.commands + count.commands > commands_max_ || in_flight_.queries + count.queries > queries_max_) {
      return v1::REASON_OVERLOADED;
    }
    Increase(in_flight_, count);
    Increase(unanswered_, count);
    waiting_.push_back(std::move(work));
    waiting_commands_ += count.commands;
    others_wait_ = others_wait_ || count.commands == 0;
    wake = taker_waits_ && WorthWaking();
  }
  if (wake) {
    filled_.notify_one();
  }
  return v1::REASON_UNSPECIFIED;
}

bool Inbox::WorthWaking() const {
  return closed_ || others_wait_ || waiting_commands_ >= (committer_waits_ ? 1 : kWakeCommands);
}

void Inbox::CommitterWaits(bool waits) {
  const std::lock_guard lock(mutex_);
  committer_waits_ = waits;
  if (taker_waits_ && WorthWaking()) {
    filled_.notify_one();
  }
}

bool Inbox::Take(std::vector<Work>& out, std::optional<std::chrono::nanoseconds> wait) {
  ESCROW_ASSERT(out.empty());
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return WorthWaking(); };
  taker_waits_ = true;
  if (!wait) {
    filled_.wait(lock, ready);
  } else if (wait->count() > 0) {  // waiting for no time at all would still be a system call
    filled_.wait_for(lock, *wait, ready);
  }
  taker_waits_ = false;
  out.swap(waiting_);
  waiting_commands_ = 0;
  others_wait_ = false;
  return !out.empty() || !closed_;
}

void Inbox::MakeRoom(const InFlight& leaving) {
  const std::lock_guard lock(mutex_);
  Decrease(in_flight_, leaving);
}

void Inbox::Release(const InFlight& answered) {
  const std::lock_guard lock(mutex_);
  Decrease(unanswered_, answered);
  if (draining_ && IsNothing(unanswered_)) {
    idle_.notify_all();
  }
}

void Inbox::Drain() {
  std::unique_lock lock(mutex_);
  draining_ = true;
  idle_.wait(lock, [this] { return IsNothing(unanswered_); });
}

void Inbox::Close() {
  const std::lock_guard lock(mutex_);
  ESCROW_ASSERT(draining_ && IsNothing(unanswered_));
  closed_ = true;
  filled_.notify_one();
}

}  // namespace escrow::engine
