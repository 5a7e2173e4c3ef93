#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "bench/stats.h"

// The rows of deploy/bench, or their halves: each is a run of its own process, so that none inherits the memory, the
// caches or the threads of another. run.py strings them together.
namespace escrow::bench {

// Where a row works and what it finds there.
struct Site {
  std::string data;          // data directory of escrowd
  std::string scratch;       // folder on the same disk
  std::string address;       // of escrowd, HOST:PORT
  std::string echo_address;  // of the echo server
  pid_t escrowd = 0;         // its process, whose threads' times are taken
  std::uint64_t live = 0;    // agreements of the population
};

// How much a row does.
struct Load {
  std::uint64_t first = 0;       // lifecycle; those before have been run
  std::uint64_t lifecycles = 0;  // a round
  std::size_t rounds = 1;
  std::size_t lanes = 1;    // calls or batches in flight
  std::size_t batch = 512;  // commands of a batch
  std::size_t connections = 4;
};

// Makes the population in a new log and measures the memory that it takes.
[[nodiscard]] Result Populate(const Site& site);

// The engine in process, each round followed by a raw append of the events that it wrote.
[[nodiscard]] Result RunEngine(const Site& site, const Load& load);

// The engine in process with a publisher behind it (entries, tiles, signed checkpoints) and without, in alternating
// rounds. The root over all events, which each group is stored with, is made in both: the log needs it by itself.
[[nodiscard]] Result RunPublish(const Site& site, const Load& load);

// Replay with verification next to a raw scan of the same events: at most `events_max` of them.
[[nodiscard]] Result RunReplay(const Site& site, std::uint64_t events_max, std::size_t rounds);

// One call per command through gRPC, each round preceded by echoes of the same number and sizes.
[[nodiscard]] Result RunUnary(const Site& site, const Load& load);

// StreamCommands, a stream per lane with one command in flight.
[[nodiscard]] Result RunStream(const Site& site, const Load& load);

// ExecuteBatch through gRPC.
[[nodiscard]] Result RunBatch(const Site& site, const Load& load);

// One call in flight, next to what it cannot be faster than: one echo, and one durable append of as many bytes.
[[nodiscard]] Result RunLatency(const Site& site, const Load& load);

// Latencies in an open loop at `share` of the throughput that a closed loop reaches with as many lanes.
[[nodiscard]] Result RunOpenLoop(const Site& site, const Load& load, double share);

// ExecuteBatch until the server dies.
[[nodiscard]] Result RunUntilKilled(const Site& site, const Load& load);

// How far apart the first and the last core are just now, 0 where there is one; see base/core_distance.h.
[[nodiscard]] Result RunHandover();

// Waits until escrowd answers, and says where it stands.
[[nodiscard]] Result AwaitServing(const Site& site);

}  // namespace escrow::bench
