#include "engine/responder.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "base/mutant.h"
#include "engine/requests.h"

namespace escrow::engine {

Responder::Responder(const journal::Journal& journal, Inbox& inbox, const journal::Tail& durable, ThreadCore core)
    : journal_(journal), inbox_(inbox), core_(std::move(core)), told_(durable.sequence), durable_(durable) {}

void Responder::Deliver(std::vector<Completion>& completions, const journal::Tail& durable) {
  {
    const std::lock_guard lock(mutex_);
    ESCROW_ASSERT(durable.sequence >= durable_.sequence);
    durable_ = durable;
    delivered_ += completions.size();
    waiting_.insert(waiting_.end(), std::make_move_iterator(completions.begin()),
                    std::make_move_iterator(completions.end()));
  }
  completions.clear();
  filled_.notify_one();
  durable_changed_.notify_all();
}

bool Responder::DeliverIfDurable(Completion& completion, std::uint64_t through, std::uint64_t before) {
  {
    const std::lock_guard lock(mutex_);
    const bool in_order = before == delivered_ || ESCROW_MUTANT(ReplyOvertakes) || ESCROW_MUTANT(ReplyBeforeSync);
    if ((through > durable_.sequence && !ESCROW_MUTANT(ReplyBeforeSync)) || !in_order) {
      return false;
    }
    waiting_.push_back(std::move(completion));
  }
  filled_.notify_one();
  return true;
}

absl::StatusOr<Stepped> Responder::Step(Wait wait) {
  std::uint64_t durable_sequence = 0;
  {
    std::unique_lock lock(mutex_);
    const auto ready = [this] { return !waiting_.empty() || durable_.sequence > told_ || closed_; };
    if (wait == Wait::kForWork) {
      filled_.wait(lock, ready);
    } else if (!ready()) {
      return Stepped::kIdle;
    }
    taken_.swap(waiting_);
    durable_sequence = durable_.sequence;
    if (taken_.empty() && durable_sequence == told_) {
      return Stepped::kEnded;
    }
  }
  const absl::StatusOr<InFlight> answered = AnswerTaken();
  if (!answered.ok()) {
    return answered.status();
  }
  if (durable_sequence > told_) {
    CallListeners(durable_sequence);
    told_ = durable_sequence;
  }
  inbox_.Release(*answered);
  return Stepped::kWorked;
}

absl::StatusOr<InFlight> Responder::AnswerTaken() {
  const std::lock_guard lock(observer_mutex_);
  ReplyObserver* const observer = taken_.size() > 1 ? observer_ : nullptr;
  if (observer != nullptr) {
    observer->BeginReplies(taken_.size());
  }
  InFlight answered;
  for (Completion& completion : taken_) {
    const absl::StatusOr<InFlight> one = Answer(completion);
    if (!one.ok()) {
      return one.status();
    }
    answered.commands += one->commands;
    answered.queries += one->queries;
  }
  taken_.clear();
  if (observer != nullptr) {
    observer->EndReplies();
  }
  return answered;
}

absl::StatusOr<InFlight> Responder::Answer(Completion& completion) {
  if (completion.submission == nullptr) {
    constexpr InFlight kQuery = {.commands = 0, .queries = 1};
    inbox_.MakeRoom(kQuery);
    completion.done();
    completion.done = nullptr;
    return kQuery;
  }
  if (absl::Status status = Resolve(*completion.submission); !status.ok()) {
    return status;
  }
  const InFlight commands = {.commands = completion.submission->requests.size(), .queries = 0};
  core_.Note(commands.commands);
  inbox_.MakeRoom(commands);
  completion.submission->Done();
  completion.submission.reset();
  return commands;
}

absl::Status Responder::Resolve(Submission& submission) {
  for (std::size_t i = 0; i < submission.outcomes.size(); ++i) {
    if (!submission.outcomes[i].repeated) {
      continue;
    }
    absl::StatusOr<StoredReply> reply =
        ResolveRepeated(journal_, *submission.requests[i].command, submission.outcomes[i].first_sequence);
    if (!reply.ok()) {
      return absl::Status(reply.status().code(), absl::StrCat("a reply that was given before cannot be read again: ",
                                                              reply.status().ToString()));
    }
    submission.outcomes[i] = std::move(reply->outcome);
    submission.log_times[i] = reply->log_time;
    for (std::size_t event = 0; submission.want_events && event < reply->events.size(); ++event) {
      submission.AddEvent(i, reply->events[event]);
    }
  }
  return absl::OkStatus();
}

void Responder::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  filled_.notify_one();
}

journal::Tail Responder::durable() const {
  const std::lock_guard lock(mutex_);
  return durable_;
}

void Responder::WaitDurable(std::uint64_t sequence) {
  std::unique_lock lock(mutex_);
  durable_changed_.wait(lock, [&] { return durable_.sequence >= sequence; });
}

std::uint64_t Responder::AddListener(std::function<void(std::uint64_t)> listener) {
  const std::lock_guard lock(listeners_mutex_);
  listeners_.emplace(++last_listener_id_, std::move(listener));
  return last_listener_id_;
}

void Responder::RemoveListener(std::uint64_t id) {
  const std::lock_guard lock(listeners_mutex_);
  listeners_.erase(id);
}

void Responder::SetReplyObserver(ReplyObserver* observer) {
  const std::lock_guard lock(observer_mutex_);
  observer_ = observer;
}

void Responder::CallListeners(std::uint64_t durable_sequence) {
  const std::lock_guard lock(listeners_mutex_);
  for (const auto& [id, listener] : listeners_) {
    listener(durable_sequence);
  }
}

}  // namespace escrow::engine
