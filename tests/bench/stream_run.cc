#include "bench/stream_run.h"

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <mutex>
#include <utility>

#include "bench/stats.h"
#include "grpcpp/client_context.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/client_callback.h"

namespace escrow::bench {
namespace {

// What the streams of a run share.
struct Run {
  const std::vector<Chain>& chains;
  std::mutex mutex;
  std::condition_variable ended;
  std::size_t next_chain = 0;
  std::size_t running = 0;
};

// A client with a stream of its own that waits for each reply, as a client of PostgreSQL does on its connection.
class Lane final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  Lane(Run& run, const std::shared_ptr<grpc::Channel>& channel) : run_(run), stub_(channel) {}

  void Start() {
    Authorize(context_);
    stub_.PrepareBidiStreamingCall(&context_, "/escrow.v1.CommandService/StreamCommands", {}, this);
    Next();
    StartCall();
  }

  void OnWriteDone(bool ok) override { StepDone(ok); }
  void OnReadDone(bool ok) override {
    if (ok && !finishing_) {
      latencies_ns.push_back((Clock::now() - sent_).count());
      bodies.push_back(response_);
    }
    StepDone(ok);
  }
  void OnDone(const grpc::Status& status) override {
    if (!status.ok()) {
      std::fprintf(stderr, "escrow-bench: StreamCommands: %s\n", status.error_message().c_str());
      std::_Exit(1);
    }
    const std::lock_guard lock(run_.mutex);
    if (--run_.running == 0) {
      run_.ended.notify_one();
    }
  }

  std::vector<std::int64_t> latencies_ns;
  std::vector<grpc::ByteBuffer> bodies;

 private:
  // The next command may be sent when the last one is written and answered, in whichever order gRPC tells.
  void StepDone(bool ok) {
    {
      const std::lock_guard lock(mutex_);
      if (!ok || finishing_ || ++steps_done_ < 2) {
        return;
      }
      steps_done_ = 0;
    }
    Next();
  }

  void Next() {
    if (chain_ == nullptr || next_ == chain_->size()) {
      const std::lock_guard lock(run_.mutex);
      chain_ = run_.next_chain < run_.chains.size() ? &run_.chains[run_.next_chain++] : nullptr;
      next_ = 0;
    }
    if (chain_ == nullptr) {
      const std::lock_guard lock(mutex_);
      finishing_ = true;
      StartWritesDone();
      return;
    }
    sent_ = Clock::now();
    StartRead(&response_);
    StartWrite(&(*chain_)[next_++].request);
  }

  Run& run_;
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::ByteBuffer response_;
  const Chain* chain_ = nullptr;
  std::size_t next_ = 0;  // call of the chain
  Clock::time_point sent_;
  std::mutex mutex_;
  int steps_done_ = 0;  // of the write and the read under way
  bool finishing_ = false;
};

}  // namespace

Replies RunStreams(const std::vector<std::shared_ptr<grpc::Channel>>& channels, const std::vector<Chain>& chains,
                   std::size_t lanes) {
  Run run{.chains = chains, .mutex = {}, .ended = {}, .running = lanes};
  std::vector<std::unique_ptr<Lane>> streams;
  for (std::size_t i = 0; i < lanes; ++i) {
    streams.push_back(std::make_unique<Lane>(run, channels[i % channels.size()]));
  }
  const Clock::time_point begin = Clock::now();
  for (const std::unique_ptr<Lane>& stream : streams) {
    stream->Start();
  }
  {
    std::unique_lock lock(run.mutex);
    run.ended.wait(lock, [&run] { return run.running == 0; });
  }
  Replies replies{.seconds = SecondsSince(begin), .latencies_ns = {}, .bodies = {}};
  for (const std::unique_ptr<Lane>& stream : streams) {
    replies.latencies_ns.insert(replies.latencies_ns.end(), stream->latencies_ns.begin(), stream->latencies_ns.end());
    std::move(stream->bodies.begin(), stream->bodies.end(), std::back_inserter(replies.bodies));
  }
  return replies;
}

}  // namespace escrow::bench
