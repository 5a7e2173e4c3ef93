#include "bench/client.h"

#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

#include "base/assert.h"
#include "bench/stats.h"
#include "bench/workload.h"
#include "escrow/v1/operations_service.grpc.pb.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/channel_arguments.h"

namespace escrow::bench {
namespace {

constexpr std::chrono::seconds kServingWait{600};

// A client that waits for each of its replies.
struct Lane {
  explicit Lane(const std::shared_ptr<grpc::Channel>& channel) : stub(channel) {}

  grpc::GenericStub stub;
  const Chain* chain = nullptr;
  std::size_t next = 0;   // call of the chain
  Clock::time_point due;  // from when the latency of the call under way counts
  bool measured = true;   // the call under way
  std::unique_ptr<grpc::ClientContext> context;
  grpc::ByteBuffer response;
  std::vector<std::int64_t> latencies_ns;
  std::vector<grpc::ByteBuffer> bodies;

  // Whether there is a call to make, if need be of the next chain.
  bool HasCall(const std::vector<Chain>& chains, std::size_t& next_chain) {
    if (chain != nullptr && next < chain->size()) {
      return true;
    }
    if (next_chain == chains.size()) {
      return false;
    }
    chain = &chains[next_chain++];
    next = 0;
    return true;
  }
};

// A run: lanes that make the calls of chains. Answered is called on gRPC's threads, for several lanes at a time.
class Run {
 public:
  Run(const std::vector<std::shared_ptr<grpc::Channel>>& channels, const std::vector<Chain>& chains,
      const RunOptions& options)
      : chains_(chains), options_(options) {
    for (std::size_t i = 0; i < options.lanes; ++i) {
      lanes_.push_back(std::make_unique<Lane>(channels[i % channels.size()]));
    }
  }
  virtual ~Run() = default;

  Replies Finish(Clock::time_point begin) {
    std::unique_lock lock(mutex_);
    finished_.wait(lock, [this] { return lanes_ended_ == lanes_.size(); });
    Replies replies{.seconds = SecondsSince(begin), .latencies_ns = {}, .bodies = {}};
    for (const std::unique_ptr<Lane>& lane : lanes_) {
      replies.latencies_ns.insert(replies.latencies_ns.end(), lane->latencies_ns.begin(), lane->latencies_ns.end());
      std::move(lane->bodies.begin(), lane->bodies.end(), std::back_inserter(replies.bodies));
    }
    return replies;
  }

 protected:
  // Sends the lane's next call. REQUIRES: it has one; the mutex is not held.
  void Send(Lane& lane) {
    const Call& call = (*lane.chain)[lane.next++];
    lane.context = std::make_unique<grpc::ClientContext>();
    Authorize(*lane.context);
    lane.stub.UnaryCall(lane.context.get(), call.method, {}, &call.request, &lane.response,
                        [this, &lane](const grpc::Status& status) { OnReply(lane, status); });
  }
  // What the lane does after a reply. The mutex is not held.
  virtual void Answered(Lane& lane) = 0;

  // REQUIRES: the mutex is held.
  void End() {
    if (++lanes_ended_ == lanes_.size()) {
      finished_.notify_one();
    }
  }

  const std::vector<Chain>& chains_;
  const RunOptions options_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::mutex mutex_;
  std::size_t next_chain_ = 0;

 private:
  void OnReply(Lane& lane, const grpc::Status& status) {
    if (!status.ok()) {
      if (!options_.may_fail) {
        std::fprintf(stderr, "escrow-bench: %s: %s\n", (*lane.chain)[lane.next - 1].method,
                     status.error_message().c_str());
        std::_Exit(1);
      }
      const std::lock_guard lock(mutex_);
      End();
      return;
    }
    if (lane.measured) {
      lane.latencies_ns.push_back((Clock::now() - lane.due).count());
    }
    if (options_.keep_bodies) {
      lane.bodies.push_back(lane.response);
    }
    Answered(lane);
  }

  std::condition_variable finished_;
  std::size_t lanes_ended_ = 0;
};

class ClosedRun final : public Run {
 public:
  using Run::Run;

  Replies Start() {
    const Clock::time_point begin = Clock::now();
    for (const std::unique_ptr<Lane>& lane : lanes_) {
      Answered(*lane);
    }
    return Finish(begin);
  }

 private:
  void Answered(Lane& lane) override {
    {
      const std::lock_guard lock(mutex_);
      if (!lane.HasCall(chains_, next_chain_)) {
        End();
        return;
      }
    }
    lane.due = Clock::now();
    Send(lane);
  }
};

class OpenRun final : public Run {
 public:
  OpenRun(const std::vector<std::shared_ptr<grpc::Channel>>& channels, const std::vector<Chain>& chains,
          const RunOptions& options, double rate)
      : Run(channels, chains, options), gap_ns_(1e9 / rate) {
    std::size_t longest = 0;
    for (const Chain& chain : chains) {
      calls_ += chain.size();
      longest = std::max(longest, chain.size());
    }
    ESCROW_ASSERT(calls_ > 2 * options.lanes * longest);
    calls_measured_ = calls_ - options.lanes * longest;
    for (const std::unique_ptr<Lane>& lane : lanes_) {
      free_.push_back(lane.get());
    }
  }

  Replies Start() {
    prctl(PR_SET_TIMERSLACK, 1);  // otherwise the kernel wakes us up to 50 µs late
    begin_ = Clock::now();
    for (std::size_t i = 0; i < calls_; ++i) {
      std::this_thread::sleep_until(DueTime(i));
      Lane* lane = nullptr;
      {
        const std::lock_guard lock(mutex_);
        ++arrived_;
        while (lane == nullptr && !free_.empty()) {
          lane = free_.front();
          free_.pop_front();
          lane = TakeCall(*lane) ? lane : nullptr;
        }
      }
      if (lane != nullptr) {
        Send(*lane);
      }
    }
    EndFreeLanes();
    return Finish(begin_);
  }

 private:
  [[nodiscard]] Clock::time_point DueTime(std::size_t call) const {
    return begin_ + std::chrono::nanoseconds(static_cast<std::int64_t>(gap_ns_ * static_cast<double>(call)));
  }

  // Gives the lane the call that has waited longest. False when the lane has no more calls to make: then it has ended.
  // REQUIRES: a call waits; the mutex is held.
  bool TakeCall(Lane& lane) {
    if (!lane.HasCall(chains_, next_chain_)) {
      End();
      return false;
    }
    lane.due = DueTime(sent_);
    lane.measured = sent_ < calls_measured_;
    ++sent_;
    return true;
  }

  void Answered(Lane& lane) override {
    {
      const std::lock_guard lock(mutex_);
      if (sent_ == arrived_) {
        if (arrived_ == calls_) {
          End();
        } else {
          free_.push_back(&lane);
        }
        return;
      }
      if (!TakeCall(lane)) {
        return;
      }
    }
    Send(lane);
  }

  void EndFreeLanes() {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < free_.size(); ++i) {
      End();
    }
    free_.clear();
  }

  const double gap_ns_;
  std::size_t calls_ = 0;
  std::size_t calls_measured_ = 0;
  Clock::time_point begin_;
  std::size_t arrived_ = 0;  // calls whose time has come
  std::size_t sent_ = 0;
  std::deque<Lane*> free_;  // the one that has rested longest first, so that all advance evenly
};

}  // namespace

void Authorize(grpc::ClientContext& context) {
  static const std::string credential = std::string("Bearer ") + kPlatformKey;
  context.AddMetadata("authorization", credential);
}

Client::Client(const std::string& address, std::size_t connections) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // otherwise equal channels share one connection
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 10);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 10);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 20);
  for (std::size_t i = 0; i < connections; ++i) {
    channels_.push_back(grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
    const bool connected = channels_.back()->WaitForConnected(std::chrono::system_clock::now() + kServingWait);
    ESCROW_ASSERT(connected);
  }
}

grpc::Status Client::AwaitServing(v1::ServerStatus& status) const {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + kServingWait);
  Authorize(context);
  return v1::OperationsService::NewStub(channels_.front())->GetServerStatus(&context, {}, &status);
}

Replies Client::RunClosed(const std::vector<Chain>& chains, const RunOptions& options) const {
  return ClosedRun(channels_, chains, options).Start();
}

Replies Client::RunOpen(const std::vector<Chain>& chains, const RunOptions& options, double rate) const {
  return OpenRun(channels_, chains, options, rate).Start();
}

}  // namespace escrow::bench
