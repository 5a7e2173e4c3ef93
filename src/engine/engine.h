#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/core_distance.h"
#include "core/machine.h"
#include "journal/journal.h"

namespace escrow::engine {

// Bounds and habits of the engine. Every field is a key of escrowd's configuration.
struct EngineOptions {
  std::size_t inflight_commands_max = 8'192;  // accepted and not yet replied; beyond it Submit refuses
  std::size_t inflight_queries_max = 4'096;
  std::size_t group_events_max = 4'096;  // a group closes at this size although the committer is busy
  std::size_t group_bytes_max = 1 << 20;
  std::uint64_t snapshot_events = 250'000;           // events between snapshots; bounds the tail to replay
  std::uint64_t disk_free_bytes_min = 256ULL << 20;  // below it writes are refused, before the log runs out of room
  std::size_t expire_max = 256;                      // timers expired between two commands
  // Where the thread runs that submits commands one by one, if that is known, and how far away the other cores are, if
  // somebody looks; outlives the engine. See thread_core.h.
  std::optional<std::size_t> shared_core;
  const base::CoreDistance* core_distance = nullptr;
  core::MachineOptions machine;
};

// One of each per request of a submission, most of which have one request: that one needs no memory of its own.
template <typename T>
using PerRequest = absl::InlinedVector<T, 1>;

// A unit of work on its way through the engine: one command, or a batch. Derived classes own the requests and take the
// reply.
//
// Life: the caller fills it and gives it away with Submit; the sequencer fills outcomes; when everything that the
// outcomes depend on is durable, the responder calls Done, once, and destroys it. A submission that was accepted is
// always executed and Done is always called, unless the process dies: then its outcome is unknown to the client.
class Submission {
 public:
  virtual ~Submission() = default;

  // Set before Submit. The commands and actors that it points to must live as long as the submission.
  PerRequest<core::Request> requests;
  bool atomic = false;       // all or none; else each for itself
  bool want_events = false;  // call AddEvent

  // Set by the engine, one per request. Repeated requests have been resolved: an equal body keeps `repeated` and the
  // range of the first time; another body has REQUEST_ID_REUSED with the first differing field; a burnt id has
  // REQUEST_ID_BURNT.
  PerRequest<core::Outcome> outcomes;
  // The sequencer's time, one per request. For a repeated request that of the first time.
  PerRequest<base::Time> log_times;

  // With want_events: the next event of request `index` as stored (with validate_only: as it would be stored); the
  // bytes are gone after the call. Before Done, on the sequencer's thread or, for a repeated request, the responder's.
  // It is not durable yet: nobody else may see it before Done. Must not block.
  virtual void AddEvent([[maybe_unused]] std::size_t index, [[maybe_unused]] std::string_view bytes) {
    ESCROW_ASSERT(!want_events);
  }

  // On the responder's thread. Must not block.
  virtual void Done() = 0;
};

// Told of replies that are given one right after the other.
class ReplyObserver {
 public:
  virtual ~ReplyObserver() = default;

  // On the responder's thread, before and after `count` replies to submissions and queries, more than one. Must not
  // block.
  virtual void BeginReplies(std::size_t count) = 0;
  virtual void EndReplies() = 0;
};

// Positions of the engine. accepted >= applied >= durable.
struct Watermarks {
  std::uint64_t applied_sequence = 0;
  std::uint64_t durable_sequence = 0;
  std::uint64_t snapshot_sequence = 0;
  journal::Hash durable_root{};
};

// Engine: makes a log out of commands (design.md §4).
//
//   Submit -> sequencer thread (stamp, Execute, encode, hash) -> committer thread (Append) -> responder thread (Done)
//
// Threading: Submit, Query and the getters from any thread. Ownership: borrows journal and clock, which
// must outlive it. Guarantees: replies come in log order, and only after the group that they depend on is durable; a
// query sees a state that is consistent at one position, and its answer leaves only when that position is durable. A
// failed Append aborts the process.
class Engine {
 public:
  // Recovers the state (newest good snapshot, then the tail of the log; every event's position, checksum and the root
  // are checked) and starts the threads. An empty journal gets its first event. DATA_LOSS when the journal contradicts
  // itself. `progress` is called on this thread now and then with (replayed, to replay).
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Engine>> Open(
      const EngineOptions& options, journal::Journal& journal, const base::Clock& clock,
      const std::function<void(std::uint64_t, std::uint64_t)>& progress);

  // Drains and stops: see Drain. Then takes a snapshot.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Gives work to the sequencer: 1 to core::kBatchCommandsMax requests. REASON_UNSPECIFIED when taken; otherwise the
  // submission stays with the caller and nothing was done: OVERLOADED, DISK_ALMOST_FULL, DRAINING.
  [[nodiscard]] v1::Reason Submit(std::unique_ptr<Submission>& submission);

  // Runs `read` on the sequencer's thread between two commands (keep it short: it holds everybody up) and `done` on the
  // responder's thread when all that `read` saw is durable. Refusals as for Submit, but a full disk does not matter.
  [[nodiscard]] v1::Reason Query(std::function<void(const core::Machine&, base::Time now)> read,
                                 std::function<void()> done);

  // Query that waits for its answer. Not on the engine's own threads.
  [[nodiscard]] v1::Reason QueryAndWait(const std::function<void(const core::Machine&, base::Time now)>& read);

  [[nodiscard]] Watermarks watermarks() const;
  [[nodiscard]] bool accepts_writes() const;
  [[nodiscard]] const journal::Journal& journal() const;

  // Calls `listener` on the responder's thread after each group became durable, with the last durable sequence. It must
  // not block. Returns an id for RemoveListener, which returns when no call is under way.
  std::uint64_t AddDurableListener(std::function<void(std::uint64_t)> listener);
  void RemoveDurableListener(std::uint64_t id);

  // One at a time; null: none. Returns when no call of the one before is under way.
  void SetReplyObserver(ReplyObserver* observer);

  // Writes a snapshot now. Blocks until it is durable.
  [[nodiscard]] absl::Status Snapshot();

  // Refuses new work with DRAINING, finishes all accepted work, and returns when its replies were given.
  void Drain();

 private:
  class Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace escrow::engine
