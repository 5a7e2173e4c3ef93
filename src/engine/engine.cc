#include "engine/engine.h"

#include <pthread.h>

#include <future>
#include <semaphore>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "core/limits.h"
#include "engine/committer.h"
#include "engine/disk_guard.h"
#include "engine/fail_stop.h"
#include "engine/group_slot.h"
#include "engine/inbox.h"
#include "engine/recovery.h"
#include "engine/responder.h"
#include "engine/sequencer.h"
#include "engine/snapshotter.h"

namespace escrow::engine {
namespace {

// `name` is what the operating system shows; at most 15 bytes.
template <class Part>
std::thread StartThread(const char* name, Part& part) {
  std::thread thread([&part] { part.Run(); });
  pthread_setname_np(thread.native_handle(), name);
  return thread;
}

absl::Status CheckOptions(const EngineOptions& options) {
  if (options.inflight_commands_max < core::kBatchCommandsMax) {
    return absl::InvalidArgumentError(absl::StrCat("inflight_commands_max is ", options.inflight_commands_max,
                                                   " but one batch may have ", core::kBatchCommandsMax, " commands"));
  }
  if (options.inflight_queries_max == 0 || options.group_events_max == 0 || options.group_bytes_max == 0 ||
      options.snapshot_events == 0 || options.expire_max == 0) {
    return absl::InvalidArgumentError("an option of the engine is 0");
  }
  return absl::OkStatus();
}

}  // namespace

// The parts and their threads, wired. Declared in the order of the data's way, so that each outlives those that borrow
// it.
class Engine::Impl {
 public:
  Impl(const EngineOptions& options_in, journal::Journal& journal_in, const base::Clock& clock, Recovered recovered)
      : options(options_in),
        journal(journal_in),
        machine(std::move(recovered.machine)),
        inbox(options.inflight_commands_max, options.inflight_queries_max),
        slot(options.group_events_max, options.group_bytes_max),
        disk(journal, options.disk_free_bytes_min),
        responder(journal, inbox, journal.tail()),
        snapshotter(journal, responder, recovered.snapshot_sequence, options.disk_free_bytes_min),
        committer(journal, slot, responder, disk),
        sequencer({.options = options,
                   .clock = clock,
                   .machine = *machine,
                   .inbox = inbox,
                   .slot = slot,
                   .responder = responder,
                   .snapshotter = snapshotter,
                   .disk = disk},
                  std::move(recovered.tree)),
        snapshot_thread(StartThread("escrow-snapshot", snapshotter)),
        responder_thread(StartThread("escrow-respond", responder)),
        committer_thread(StartThread("escrow-commit", committer)),
        sequencer_thread(StartThread("escrow-sequence", sequencer)) {}

  ~Impl() {
    inbox.Drain();
    // Each ends when what comes before it has ended, so nothing is left on the way.
    inbox.Close();
    sequencer_thread.join();
    slot.Close();
    committer_thread.join();
    responder.Close();
    responder_thread.join();
    snapshotter.Close();
    snapshot_thread.join();
    Leave();
  }

  const EngineOptions options;
  journal::Journal& journal;
  const std::unique_ptr<core::Machine> machine;
  Inbox inbox;
  GroupSlot slot;
  DiskGuard disk;
  Responder responder;
  Snapshotter snapshotter;
  Committer committer;
  Sequencer sequencer;

  std::mutex snapshot_mutex;  // one Engine::Snapshot at a time

 private:
  // A last snapshot makes the next start quick; a last anchor covers the last second. Neither is needed for what was
  // acknowledged.
  void Leave() {
    absl::Status status = journal.WriteAnchor();
    if (disk.has_room() && snapshotter.newest() != machine->last_sequence()) {
      SnapshotJob job = sequencer.MakeSnapshot();
      status.Update(snapshotter.Write(job));
    }
    if (!status.ok()) {
      Warn("leaving without a last snapshot or anchor: " + status.ToString());
    }
  }

  std::thread snapshot_thread;
  std::thread responder_thread;
  std::thread committer_thread;
  std::thread sequencer_thread;
};

absl::StatusOr<std::unique_ptr<Engine>> Engine::Open(
    const EngineOptions& options, journal::Journal& journal, const base::Clock& clock,
    const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  if (absl::Status status = CheckOptions(options); !status.ok()) {
    return status;
  }
  absl::StatusOr<Recovered> recovered = Recover(journal, clock, progress);
  if (!recovered.ok()) {
    return recovered.status();
  }
  return std::unique_ptr<Engine>(new Engine(std::make_unique<Impl>(options, journal, clock, *std::move(recovered))));
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

v1::Reason Engine::Submit(std::unique_ptr<Submission>& submission) {
  ESCROW_ASSERT(!submission->requests.empty() && submission->requests.size() <= core::kBatchCommandsMax);
  if (!accepts_writes()) {
    return v1::REASON_DISK_ALMOST_FULL;
  }
  Work work = std::move(submission);
  const v1::Reason refusal = impl_->inbox.Add(work);
  if (refusal != v1::REASON_UNSPECIFIED) {
    submission = std::move(std::get<std::unique_ptr<Submission>>(work));
  }
  return refusal;
}

v1::Reason Engine::Query(std::function<void(const core::Machine&, base::Time)> read, std::function<void()> done) {
  Work work = QueryWork{.read = std::move(read), .done = std::move(done)};
  return impl_->inbox.Add(work);
}

v1::Reason Engine::QueryAndWait(const std::function<void(const core::Machine&, base::Time)>& read) {
  std::binary_semaphore answered(0);
  const v1::Reason refusal = Query(read, [&answered] { answered.release(); });
  if (refusal == v1::REASON_UNSPECIFIED) {
    answered.acquire();
  }
  return refusal;
}

Watermarks Engine::watermarks() const {
  Watermarks marks;
  const journal::Tail durable = impl_->responder.durable();
  marks.durable_sequence = durable.sequence;
  marks.durable_root = durable.root;
  marks.applied_sequence = impl_->sequencer.applied_sequence();
  marks.snapshot_sequence = impl_->snapshotter.newest();
  return marks;
}

bool Engine::accepts_writes() const {
  if (!impl_->disk.has_room()) {
    impl_->disk.Check();
  }
  return impl_->disk.has_room();
}

const journal::Journal& Engine::journal() const { return impl_->journal; }

std::uint64_t Engine::AddDurableListener(std::function<void(std::uint64_t)> listener) {
  return impl_->responder.AddListener(std::move(listener));
}

void Engine::RemoveDurableListener(std::uint64_t id) { impl_->responder.RemoveListener(id); }

absl::Status Engine::Snapshot() {
  const std::lock_guard lock(impl_->snapshot_mutex);
  std::promise<absl::Status> written;
  Work work = SnapshotWork{.done = [&written](absl::Status status) { written.set_value(std::move(status)); }};
  if (impl_->inbox.Add(work) != v1::REASON_UNSPECIFIED) {
    return absl::UnavailableError("the engine is shutting down: it takes a snapshot by itself");
  }
  return written.get_future().get();
}

void Engine::Drain() { impl_->inbox.Drain(); }

}  // namespace escrow::engine
