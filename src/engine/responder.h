#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/group_slot.h"
#include "engine/inbox.h"
#include "engine/stage.h"
#include "engine/thread_core.h"
#include "journal/journal.h"

namespace escrow::engine {

// Responder: gives the replies, in the order in which the sequencer made them, and only when what they depend on is
// durable.
//
// Threading: Step is for the responder's thread; Deliver is for the committer, DeliverIfDurable for the sequencer, the
// rest for any thread. Borrows journal and inbox.
class Responder {
 public:
  // `durable` is where the log ends at the start, `core` is for the responder's thread.
  Responder(const journal::Journal& journal, Inbox& inbox, const journal::Tail& durable, ThreadCore core);

  // The log is durable up to `durable`; `completions` may be answered. Empties `completions`.
  void Deliver(std::vector<Completion>& completions, const journal::Tail& durable);

  // Takes a completion that depends on nothing behind `through` directly, if that is durable and every one of the
  // `before` completions that went through groups has come here before it. Otherwise returns false and leaves it.
  [[nodiscard]] bool DeliverIfDurable(Completion& completion, std::uint64_t through, std::uint64_t before);

  // Answers what may be answered. Ends after Close. An error: a reply that was given before cannot be read again.
  [[nodiscard]] absl::StatusOr<Stepped> Step(Wait wait);
  // Step ends when everything delivered has been answered.
  void Close();

  [[nodiscard]] journal::Tail durable() const;
  // Returns when the log is durable up to `sequence`. REQUIRES: it will be.
  void WaitDurable(std::uint64_t sequence);

  // See Engine.
  std::uint64_t AddListener(std::function<void(std::uint64_t)> listener);
  void RemoveListener(std::uint64_t id);
  void SetReplyObserver(ReplyObserver* observer);

 private:
  // Answers all that was taken; returns what has left the engine.
  [[nodiscard]] absl::StatusOr<InFlight> AnswerTaken();
  // Answers and destroys; returns what has left the engine.
  [[nodiscard]] absl::StatusOr<InFlight> Answer(Completion& completion);
  [[nodiscard]] absl::Status Resolve(Submission& submission);
  void CallListeners(std::uint64_t durable_sequence);

  const journal::Journal& journal_;
  Inbox& inbox_;
  ThreadCore core_;
  std::uint64_t told_;             // what the listeners know; of the responder's thread
  std::vector<Completion> taken_;  // kept for its memory

  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable durable_changed_;
  std::vector<Completion> waiting_;
  std::uint64_t delivered_ = 0;  // completions that came through Deliver
  journal::Tail durable_;
  bool closed_ = false;

  std::mutex listeners_mutex_;  // held while listeners are called
  std::map<std::uint64_t, std::function<void(std::uint64_t)>> listeners_;
  std::uint64_t last_listener_id_ = 0;

  std::mutex observer_mutex_;  // held while replies are observed
  ReplyObserver* observer_ = nullptr;
};

}  // namespace escrow::engine
