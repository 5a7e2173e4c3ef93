#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/assert.h"
#include "bench/client.h"
#include "bench/disk.h"
#include "bench/rows.h"
#include "bench/workload.h"

// The rows through gRPC.
namespace escrow::bench {
namespace {

constexpr std::uint64_t kWarmUpLifecycles = 200;
constexpr std::size_t kDiskSamples = 2'000;

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
    item.Set("echo_per_second", Rate(echoes, echo.RunClosed(echoes, options)));
    Replies replies = escrowd.RunClosed(chains, options);
    item.Set("commands_per_second", Rate(chains, replies));
    item.SetLatency(replies.latencies_ns);
    result.Add("rounds", item);
  }
  result.Set("next", static_cast<double>(first));
  return result;
}

Result RunBatch(const Site& site, const Load& load) {
  const Client escrowd(site.address, load.connections);
  const Workload workload(site.live);
  Result result;
  for (std::size_t round = 0; round < load.rounds; ++round) {
    const std::uint64_t first = load.first + round * load.lifecycles;
    const std::vector<Chain> chains = BatchCalls(workload.Chains(first, load.lifecycles, load.batch), load.batch);
    const Replies replies = escrowd.RunClosed(chains, {.lanes = load.lanes, .keep_bodies = true});
    const std::uint64_t commands = CheckBatchReplies(replies.bodies);
    ESCROW_ASSERT(commands == load.lifecycles * kLifecycleCommands);
    Result item;
    item.Set("commands_per_second", static_cast<double>(commands) / replies.seconds);
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
  for (std::size_t round = 0; round < load.rounds; ++round) {
    const std::vector<Chain> chains = UnaryLifecycles(site, load.first + round * load.lifecycles, load.lifecycles);
    const Replies replies = escrowd.RunClosed(chains, options);
    event_bytes = static_cast<std::size_t>(EventBytes(replies.bodies)) / CountCalls(chains);
    const Replies echoes = echo.RunClosed(EchoCalls(chains), options);
    const std::vector<std::int64_t> appends = AppendDurably(site.scratch, event_bytes, kDiskSamples);
    escrowd_ns.insert(escrowd_ns.end(), replies.latencies_ns.begin(), replies.latencies_ns.end());
    echo_ns.insert(echo_ns.end(), echoes.latencies_ns.begin(), echoes.latencies_ns.end());
    disk_ns.insert(disk_ns.end(), appends.begin(), appends.end());
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
  result.Set("snapshot_sequence", static_cast<double>(status.snapshot_sequence()));
  return result;
}

}  // namespace escrow::bench
