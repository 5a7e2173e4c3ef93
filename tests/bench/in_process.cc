#include "bench/in_process.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <latch>
#include <utility>

#include "base/assert.h"
#include "base/clock.h"
#include "bench/stats.h"

namespace escrow::bench {
namespace {

[[noreturn]] void Fail(const char* what, const absl::Status& status) {
  std::fprintf(stderr, "escrow-bench: %s: %s\n", what, status.ToString().c_str());
  std::exit(1);
}

// What the lanes of a run share.
struct Run {
  engine::Engine& engine;
  const v1::Principal& actor;
  const std::vector<std::vector<v1::Command>>& chains;
  const std::size_t batch;
  std::atomic<std::size_t> next_chain = 0;
  std::latch lanes_running;
};

// A client that waits for each reply. Between two batches it runs on the responder's thread, so that no thread of its
// own takes time from the engine.
class Lane {
 public:
  explicit Lane(Run& run) : run_(run) {}

  // Sends the next batch; at the end says so.
  void Next() {
    if (chain_ == nullptr || next_ == chain_->size()) {
      const std::size_t index = run_.next_chain++;
      if (index >= run_.chains.size()) {
        run_.lanes_running.count_down();
        return;
      }
      chain_ = &run_.chains[index];
      next_ = 0;
    }
    const std::size_t count = std::min(run_.batch, chain_->size() - next_);
    std::unique_ptr<engine::Submission> call = std::make_unique<Call>(*this, next_, count);
    next_ += count;
    const v1::Reason refusal = run_.engine.Submit(call);
    ESCROW_ASSERT(refusal == v1::REASON_UNSPECIFIED);
  }

 private:
  class Call final : public engine::Submission {
   public:
    Call(Lane& lane, std::size_t first, std::size_t count) : lane_(lane) {
      requests.reserve(count);
      for (std::size_t i = first; i < first + count; ++i) {
        requests.push_back({.command = &(*lane.chain_)[i], .actor = &lane.run_.actor});
      }
    }
    void Done() override {
      for (const core::Outcome& outcome : outcomes) {
        ESCROW_ASSERT(outcome.accepted());
      }
      lane_.Next();
    }

   private:
    Lane& lane_;
  };

  Run& run_;
  const std::vector<v1::Command>* chain_ = nullptr;
  std::size_t next_ = 0;  // command of the chain
};

}  // namespace

std::unique_ptr<journal::RocksJournal> OpenJournal(const std::string& directory, bool create) {
  absl::StatusOr<std::unique_ptr<journal::RocksJournal>> journal =
      journal::RocksJournal::Open({.directory = directory, .create = create});
  if (!journal.ok()) {
    Fail("cannot open the log", journal.status());
  }
  return *std::move(journal);
}

std::unique_ptr<engine::Engine> OpenEngine(journal::Journal& journal, const engine::EngineOptions& options) {
  static const base::SystemClock clock;
  absl::StatusOr<std::unique_ptr<engine::Engine>> engine =
      engine::Engine::Open(options, journal, clock, [](std::uint64_t, std::uint64_t) {});
  if (!engine.ok()) {
    Fail("cannot open the engine", engine.status());
  }
  return *std::move(engine);
}

double RunInProcess(engine::Engine& engine, const v1::Principal& actor,
                    const std::vector<std::vector<v1::Command>>& chains, std::size_t lanes, std::size_t batch) {
  Run run{.engine = engine,
          .actor = actor,
          .chains = chains,
          .batch = batch,
          .lanes_running = std::latch(static_cast<std::ptrdiff_t>(lanes))};
  std::vector<Lane> clients(lanes, Lane(run));
  const Clock::time_point begin = Clock::now();
  for (Lane& client : clients) {
    client.Next();
  }
  run.lanes_running.wait();
  return SecondsSince(begin);
}

}  // namespace escrow::bench
