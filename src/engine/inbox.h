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

// Inbox: the bounded queue in front of the sequencer. It counts what was accepted until it is answered, so that it
// bounds all the engine holds and not only what waits here.
//
// Thread-safe: many add, the sequencer takes, the responder reports what was answered.
class Inbox {
 public:
  // REQUIRES: inflight_commands_max >= core::kBatchCommandsMax, so that every batch fits at some time.
  Inbox(std::size_t inflight_commands_max, std::size_t inflight_queries_max);

  // Takes `work` and counts it, or refuses with OVERLOADED or DRAINING and leaves it.
  [[nodiscard]] v1::Reason Add(Work& work);

  // Moves everything that waits to `out`, which must be empty. When nothing waits, waits for it: at most `wait`, or
  // without end. Returns false when closed and empty.
  [[nodiscard]] bool Take(std::vector<Work>& out, std::optional<std::chrono::nanoseconds> wait);

  // `answered` has left the engine.
  void Release(const InFlight& answered);

  // Refuses from now on, and returns when everything accepted has been answered.
  void Drain();
  // Ends Take. REQUIRES: drained.
  void Close();

 private:
  const std::size_t commands_max_;
  const std::size_t queries_max_;

  std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable idle_;
  std::vector<Work> waiting_;
  InFlight in_flight_;
  bool taker_waits_ = false;  // spares the system call when the sequencer is awake
  bool draining_ = false;
  bool closed_ = false;
};

}  // namespace escrow::engine
