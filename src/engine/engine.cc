#include "engine/engine.h"

#include <pthread.h>

#include <future>
#include <mutex>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>

#include "base/short_slice.h"
#include "engine/fail_stop.h"
#include "engine/pipeline.h"
#include "engine/stage.h"

namespace escrow::engine {
namespace {

// Steps a stage until it ends.
template <class Stage>
void Run(Stage& stage) {
  for (;;) {
    const absl::StatusOr<Stepped> stepped = stage.Step(Wait::kForWork);
    if (!stepped.ok()) {
      FailStop(std::string(stepped.status().message()));
    }
    if (*stepped == Stepped::kEnded) {
      return;
    }
  }
}

// `name` is what the operating system shows; at most 15 bytes. `prepare` is called on the thread before anything else.
template <class Stage>
std::thread StartThread(const char* name, Stage& stage, void (*prepare)() = [] {}) {
  std::thread thread([&stage, prepare] {
    prepare();
    Run(stage);
  });
  pthread_setname_np(thread.native_handle(), name);
  return thread;
}

}  // namespace

// A pipeline and its threads.
class Engine::Impl {
 public:
  explicit Impl(std::unique_ptr<Pipeline> pipeline_in)
      : pipeline(std::move(pipeline_in)),
        snapshot_thread(StartThread("escrow-snapshot", pipeline->snapshotter)),
        responder_thread(StartThread("escrow-respond", pipeline->responder)),
        committer_thread(StartThread("escrow-commit", pipeline->committer, base::AskForShortSlices)),
        sequencer_thread(StartThread("escrow-sequence", pipeline->sequencer)) {}

  ~Impl() {
    pipeline->inbox.Drain();
    // Each ends when what comes before it has ended, so nothing is left on the way.
    pipeline->inbox.Close();
    sequencer_thread.join();
    pipeline->slot.Close();
    committer_thread.join();
    pipeline->responder.Close();
    responder_thread.join();
    pipeline->snapshotter.Close();
    snapshot_thread.join();
    pipeline->Leave();
  }

  const std::unique_ptr<Pipeline> pipeline;
  std::mutex snapshot_mutex;  // one Engine::Snapshot at a time

 private:
  std::thread snapshot_thread;
  std::thread responder_thread;
  std::thread committer_thread;
  std::thread sequencer_thread;
};

absl::StatusOr<std::unique_ptr<Engine>> Engine::Open(
    const EngineOptions& options, journal::Journal& journal, const base::Clock& clock,
    const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  static const base::SteadyClock steady;
  absl::StatusOr<std::unique_ptr<Pipeline>> pipeline =
      Pipeline::Open(options, {.journal = journal, .clock = clock, .steady = steady}, progress, nullptr);
  if (!pipeline.ok()) {
    return pipeline.status();
  }
  return std::unique_ptr<Engine>(new Engine(std::make_unique<Impl>(*std::move(pipeline))));
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

v1::Reason Engine::Submit(std::unique_ptr<Submission>& submission) { return impl_->pipeline->Submit(submission); }

v1::Reason Engine::Query(std::function<void(const core::Machine&, base::Time)> read, std::function<void()> done) {
  return impl_->pipeline->Query(std::move(read), std::move(done));
}

v1::Reason Engine::QueryAndWait(const std::function<void(const core::Machine&, base::Time)>& read) {
  std::binary_semaphore answered(0);
  const v1::Reason refusal = Query(read, [&answered] { answered.release(); });
  if (refusal == v1::REASON_UNSPECIFIED) {
    answered.acquire();
  }
  return refusal;
}

Watermarks Engine::watermarks() const { return impl_->pipeline->watermarks(); }

bool Engine::accepts_writes() const { return impl_->pipeline->accepts_writes(); }

const journal::Journal& Engine::journal() const { return impl_->pipeline->journal; }

std::uint64_t Engine::AddDurableListener(std::function<void(std::uint64_t)> listener) {
  return impl_->pipeline->responder.AddListener(std::move(listener));
}

void Engine::RemoveDurableListener(std::uint64_t id) { impl_->pipeline->responder.RemoveListener(id); }

void Engine::SetReplyObserver(ReplyObserver* observer) { impl_->pipeline->responder.SetReplyObserver(observer); }

absl::Status Engine::Snapshot() {
  const std::lock_guard lock(impl_->snapshot_mutex);
  std::promise<absl::Status> written;
  const v1::Reason refusal =
      impl_->pipeline->OrderSnapshot([&written](absl::Status status) { written.set_value(std::move(status)); });
  if (refusal != v1::REASON_UNSPECIFIED) {
    return absl::UnavailableError("the engine is shutting down: it takes a snapshot by itself");
  }
  return written.get_future().get();
}

void Engine::Drain() { impl_->pipeline->inbox.Drain(); }

}  // namespace escrow::engine
