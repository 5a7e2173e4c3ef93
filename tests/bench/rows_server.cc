#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/assert.h"
#include "bench/client.h"
#include "bench/disk.h"
#include "bench/rows.h"
#include "bench/stream_run.h"
#include "bench/thread_times.h"
#include "bench/workload.h"
#include "engine/engine.h"

// The rows through gRPC.
namespace escrow::bench {
namespace {

constexpr std::uint64_t kWarmUpLifecycles = 200;
// Lifecycles between which the one-call rows take turns: what else the disk does then hits all three alike.
constexpr std::uint64_t kLatencySlice = 50;

// Lifecycles first to first + count - 1, each a chain of its own.
std::vector<Chain> UnaryLifecycles(const Site& site, std::uint64_t first, std::uint64_t count) {
  return UnaryCalls(Workload(site.live).Chains(first, count, 1));
}

double Rate(const std::vector<Chain>& chains, const Replies& replies) {
  return static_cast<double>(CountCalls(chains)) / replies.seconds;
}

}  // namespace

Result RunUnary(const Site& site, const Load& load) {
  const Client escrowd(site.address, load.connections);
  const Client echo(site.echo_address, load.connections);
  const RunOptions options{.lanes = load.lanes};
  std::uint64_t first = load.first;
  const auto next = [&](std::uint64_t count) {
    first += count;
    return UnaryLifecycles(site, first - count, count);
  };
  const std::vector<Chain> warm_up = next(kWarmUpLifecycles);
  echo.RunClosed(EchoCalls(warm_up), options);
  escrowd.RunClosed(warm_up, options);
  Result result;
  for (std::size_t round = 0; round < load.rounds; ++round) {
    const std::vector<Chain> chains = next(load.lifecycles);
    const std::vector<Chain> echoes = EchoCalls(chains);
    Result item;
    item.Set("commands", static_cast<double>(CountCalls(chains)));
    item.Set("echo_seconds", echo.RunClosed(echoes, options).seconds);
    const ThreadTimes times_before = ReadThreadTimes(site.escrowd);
    Replies replies = escrowd.RunClosed(chains, options);
    item.Set("cpu_us", MicrosecondsPerCommand(times_before, ReadThreadTimes(site.escrowd), CountCalls(chains)));
    item.Set("seconds", replies.seconds);
    item.SetLatency(replies.latencies_ns);
    result.Add("rounds", item);
  }
  result.Set("next", static_cast<double>(first));
  return result;
}

Result RunStream(const Site& site, const Load& load) {
  const Client escrowd(site.address, load.connections);
  const Workload workload(site.live);
  Result result;
  for (std::size_t round = 0; round < load.rounds; ++round) {
    const std::uint64_t first = load.first + round * load.lifecycles;
    const std::vector<Chain> chains = StreamCalls(workload.Chains(first, load.lifecycles, 1));
    const ThreadTimes times_before = ReadThreadTimes(site.escrowd);
    Replies replies = RunStreams(escrowd.channels(), chains, load.lanes);
    const ThreadTimes times = ReadThreadTimes(site.escrowd);
    const std::uint64_t commands = CheckStreamReplies(replies.bodies);
    ESCROW_ASSERT(commands == load.lifecycles * kLifecycleCommands);
    Result item;
    item.Set("commands", static_cast<double>(commands));
    item.Set("seconds", replies.seconds);
    item.Set("cpu_us", MicrosecondsPerCommand(times_before, times, commands));
    item.SetLatency(replies.latencies_ns);
    result.Add("rounds", item);
  }
  return result;
}

Result RunBatch(const Site& site, const Load& load) {
  const Client escrowd(site.address, load.connections);
  const Workload workload(site.live);
  Result result;
  for (std::size_t round = 0; round < load.rounds; ++round) {
    const std::uint64_t first = load.first + round * load.lifecycles;
    const std::vector<Chain> chains = BatchCalls(workload.Chains(first, load.lifecycles, load.batch), load.batch);
    const ThreadTimes times_before = ReadThreadTimes(site.escrowd);
    const Replies replies = escrowd.RunClosed(chains, {.lanes = load.lanes, .keep_bodies = true});
    const ThreadTimes times = ReadThreadTimes(site.escrowd);
    const std::uint64_t commands = CheckBatchReplies(replies.bodies);
    ESCROW_ASSERT(commands == load.lifecycles * kLifecycleCommands);
    Result item;
    item.Set("commands", static_cast<double>(commands));
    item.Set("seconds", replies.seconds);
    item.Set("cpu_us", MicrosecondsPerCommand(times_before, times, commands));
    result.Add("rounds", item);
  }
  return result;
}

Result RunLatency(const Site& site, const Load& load) {
  const Client escrowd(site.address, 1);
  const Client echo(site.echo_address, 1);
  const RunOptions options{.lanes = 1, .keep_bodies = true};
  std::vector<std::int64_t> escrowd_ns;
  std::vector<std::int64_t> echo_ns;
  std::vector<std::int64_t> disk_ns;
  std::size_t event_bytes = 0;
  const auto add = [](const std::vector<std::int64_t>& more, std::vector<std::int64_t>& all) {
    all.insert(all.end(), more.begin(), more.end());
  };
  for (std::uint64_t done = 0; done < load.lifecycles; done += kLatencySlice) {
    const std::uint64_t slice = std::min(kLatencySlice, load.lifecycles - done);
    const std::vector<Chain> chains = UnaryLifecycles(site, load.first + done, slice);
    const Replies replies = escrowd.RunClosed(chains, options);
    add(replies.latencies_ns, escrowd_ns);
    add(echo.RunClosed(EchoCalls(chains), options).latencies_ns, echo_ns);
    event_bytes = static_cast<std::size_t>(EventBytes(replies.bodies)) / CountCalls(chains);
    add(AppendDurably(site.scratch, event_bytes, CountCalls(chains)), disk_ns);
  }
  Result result;
  result.SetLatency(escrowd_ns);
  result.Set("echo_p50_us", static_cast<double>(Percentile(echo_ns, 0.5)) / 1e3);
  result.Set("fdatasync_p50_us", static_cast<double>(Percentile(disk_ns, 0.5)) / 1e3);
  result.Set("event_bytes", static_cast<double>(event_bytes));
  return result;
}

Result RunOpenLoop(const Site& site, const Load& load, double share) {
  const Client escrowd(site.address, load.connections);
  const RunOptions options{.lanes = load.lanes};
  // First as fast as it goes, for a rate to take a share of.
  const std::vector<Chain> closed = UnaryLifecycles(site, load.first, load.lifecycles);
  const double rate = share * Rate(closed, escrowd.RunClosed(closed, options));
  const std::uint64_t lifecycles = 2 * load.lifecycles;
  const std::vector<Chain> chains = UnaryLifecycles(site, load.first + load.lifecycles, lifecycles);
  Replies replies = escrowd.RunOpen(chains, options, rate);
  Result result;
  result.Set("lanes", static_cast<double>(load.lanes));
  result.Set("rate_per_second", rate);
  result.Set("samples", static_cast<double>(replies.latencies_ns.size()));
  result.SetLatency(replies.latencies_ns);
  result.Set("next", static_cast<double>(load.first + load.lifecycles + lifecycles));
  return result;
}

Result RunUntilKilled(const Site& site, const Load& load) {
  const Client escrowd(site.address, load.connections);
  const std::vector<Chain> chains =
      BatchCalls(Workload(site.live).Chains(load.first, load.lifecycles, load.batch), load.batch);
  std::printf("loading\n");
  std::fflush(stdout);
  const Replies replies = escrowd.RunClosed(chains, {.lanes = load.lanes, .may_fail = true});
  Result result;
  result.Set("batches", static_cast<double>(replies.latencies_ns.size()));
  result.Set("batches_given", static_cast<double>(CountCalls(chains)));
  return result;
}

Result AwaitServing(const Site& site) {
  v1::ServerStatus status;
  const grpc::Status answer = Client(site.address, 1).AwaitServing(status);
  if (!answer.ok()) {
    std::fprintf(stderr, "escrow-bench: escrowd does not serve: %s\n", answer.error_message().c_str());
    std::exit(1);
  }
  Result result;
  result.Set("live_agreements", static_cast<double>(status.live_agreement_count()));
  result.Set("applied_sequence", static_cast<double>(status.applied_sequence()));
  result.Set("snapshot_events", static_cast<double>(engine::EngineOptions().snapshot_events));
  result.Set("snapshot_sequence", static_cast<double>(status.snapshot_sequence()));
  return result;
}

}  // namespace escrow::bench
