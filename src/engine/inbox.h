#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "engine/engine.h"

namespace escrow::engine {

// A question to the state.
struct QueryWork {
  std::function<void(const core::Machine&, base::Time)> read;
  std::function<void()> done;
};

// An order to write a snapshot; `done` is called on the snapshot's thread.
struct SnapshotWork {
  std::function<void(absl::Status)> done;
};

using Work = std::variant<std::unique_ptr<Submission>, QueryWork, SnapshotWork>;

// What is in the engine and has not been answered.
struct InFlight {
  std::size_t commands = 0;
  std::size_t queries = 0;
};

// Inbox: the bounded queue in front of the sequencer. It counts what was accepted until its answer begins, so that it
// bounds all the engine holds and not only what waits here.
//
// While the committer syncs one group, what is added cannot become durable before the next: so the sequencer is not
// woken for each command then, but for some at once. With many callers that each wait for a reply, waking threads cost
// more than the commands (docs/PERFORMANCE.md).
//
// Thread-safe: many add, the sequencer takes, the responder reports what was answered, the committer whether it waits.
class Inbox {
 public:
  // REQUIRES: inflight_commands_max >= core::kBatchCommandsMax, so that every batch fits at some time.
  Inbox(std::size_t inflight_commands_max, std::size_t inflight_queries_max);

  // Takes `work` and counts it, or refuses with OVERLOADED or DRAINING and leaves it.
  [[nodiscard]] v1::Reason Add(Work& work);

  // Moves everything that waits to `out`, which must be empty. When nothing waits, waits for it: at most `wait`, or
  // without end. Returns false when closed and empty.
  [[nodiscard]] bool Take(std::vector<Work>& out, std::optional<std::chrono::nanoseconds> wait);

  // Whether the committer has nothing to do now, so that a single command is worth waking the sequencer for.
  void CommitterWaits(bool waits);

  // Room for others: `leaving` is about to be answered. Before the answer, since who gets one may send the next at
  // once, and would otherwise hold two places, the second of them somebody else's.
  void MakeRoom(const InFlight& leaving);
  // `answered` has been answered, and has left the engine.
  void Release(const InFlight& answered);

  // Refuses from now on, and returns when everything accepted has been answered.
  void Drain();
  // Ends Take. REQUIRES: drained.
  void Close();

 private:
  // Whether the taker should be woken. Under the mutex.
  [[nodiscard]] bool WorthWaking() const;

  const std::size_t commands_max_;
  const std::size_t queries_max_;

  std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable idle_;
  std::vector<Work> waiting_;
  std::size_t waiting_commands_ = 0;
  bool others_wait_ = false;  // queries or orders are among them
  bool committer_waits_ = true;
  InFlight in_flight_;        // what the bounds are for
  InFlight unanswered_;       // the same, and what is being answered
  bool taker_waits_ = false;  // spares the system call when the sequencer is awake
  bool draining_ = false;
  bool closed_ = false;
};

}  // namespace escrow::engine
