#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/core_distance.h"
#include "base/cores.h"
#include "bench/in_process.h"
#include "bench/raw_log.h"
#include "bench/rows.h"
#include "bench/thread_times.h"
#include "bench/workload.h"
#include "engine/replay.h"
#include "gperftools/malloc_extension.h"
#include "publish/publisher.h"
#include "publish/signer.h"

// The rows without a network.
namespace escrow::bench {
namespace {

constexpr std::size_t kPopulationLanes = 4;
constexpr std::size_t kPopulationBatch = 1'024;
constexpr std::uint64_t kPopulationChunk = 20'000;  // agreements; bounds the commands in memory

// Bytes of the heap in use.
double HeapBytes() {
  std::size_t bytes = 0;
  ESCROW_ASSERT(MallocExtension::instance()->GetNumericProperty("generic.current_allocated_bytes", &bytes));
  return static_cast<double>(bytes);
}

// Options that admit all that the lanes have in flight. One batch may come before the last one was counted as gone.
engine::EngineOptions OptionsFor(std::size_t lanes, std::size_t batch) {
  engine::EngineOptions options;
  options.inflight_commands_max = std::max(options.inflight_commands_max, 2 * lanes * batch);
  return options;
}

// Bytes of the heap when a snapshot has just been taken: RocksDB has then written out what it held in memory.
double SettledHeapBytes(engine::Engine& engine) {
  const absl::Status snapshot = engine.Snapshot();
  ESCROW_ASSERT(snapshot.ok());
  return HeapBytes();
}

// Seconds until a checkpoint covers `size` events.
double AwaitCheckpoint(const publish::Publisher& publisher, std::uint64_t size) {
  const Clock::time_point begin = Clock::now();
  for (;;) {
    const auto newest = publisher.checkpoint();
    ESCROW_ASSERT(newest.ok() || absl::IsUnavailable(newest.status()));
    if (newest.ok() && (*newest)->checkpoint.size >= size) {
      return SecondsSince(begin);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

// A publisher as escrowd has it, with its files in `directory`, which has caught up.
std::unique_ptr<publish::Publisher> StartPublisher(const std::string& directory, const journal::Journal& journal) {
  auto signer = publish::Signer::Open({.key = directory + "/signing.key", .last = directory + "/last-checkpoint"},
                                      "escrowd/bench");
  ESCROW_ASSERT(signer.ok());
  publish::PublisherOptions options;
  options.folder = directory + "/public";
  auto publisher = publish::Publisher::Start(options, journal, *std::move(signer));
  ESCROW_ASSERT(publisher.ok());
  (void)AwaitCheckpoint(**publisher, journal.tail().sequence);
  return *std::move(publisher);
}

// Makes agreements `begin` to `end` - 1 live.
void MakeLive(std::uint64_t begin, std::uint64_t end, engine::Engine& engine) {
  for (std::uint64_t first = begin; first < end; first += kPopulationChunk) {
    std::vector<std::vector<v1::Command>> chains(kPopulationLanes);
    for (std::uint64_t i = first; i < std::min(first + kPopulationChunk, end); ++i) {
      Workload::AddBeginning(i, chains[i % kPopulationLanes]);
    }
    RunInProcess(engine, PlatformPrincipal(), chains, kPopulationLanes, kPopulationBatch);
  }
}

}  // namespace

Result Populate(const Site& site) {
  const std::unique_ptr<journal::RocksJournal> journal = OpenJournal(site.data, /*create=*/true);
  engine::EngineOptions options = OptionsFor(kPopulationLanes, kPopulationBatch);
  options.snapshot_events = 1'000'000'000'000;  // one at the end is enough
  const std::unique_ptr<engine::Engine> engine = OpenEngine(*journal, options);
  RunInProcess(*engine, OperatorPrincipal(), {Workload::Founding()}, 1, kPopulationBatch);
  RunInProcess(*engine, PlatformPrincipal(), {Workload::Parties()}, 1, kPopulationBatch);
  // The first tenth fills the buffers of the threads, which do not grow with the population.
  const std::uint64_t tenth = site.live / 10;
  MakeLive(0, tenth, *engine);
  const double heap_before = SettledHeapBytes(*engine);
  MakeLive(tenth, site.live, *engine);
  Result result;
  result.Set("bytes_per_agreement", (SettledHeapBytes(*engine) - heap_before) / static_cast<double>(site.live - tenth));
  return result;
}

Result RunEngine(const Site& site, const Load& load) {
  const std::unique_ptr<journal::RocksJournal> journal = OpenJournal(site.data, /*create=*/false);
  const std::unique_ptr<engine::Engine> engine = OpenEngine(*journal, OptionsFor(load.lanes, load.batch));
  const Workload workload(site.live);
  const std::string raw_directory = site.scratch + "/raw";
  auto raw = std::make_unique<RawLog>(raw_directory);
  Result result;
  for (std::size_t round = 0; round < load.rounds; ++round) {
    const std::uint64_t first = load.first + round * load.lifecycles;
    const std::uint64_t before = journal->tail().sequence;
    const std::vector<std::vector<v1::Command>> chains = workload.Chains(first, load.lifecycles, load.batch);
    const ThreadTimes times_before = ReadThreadTimes(0);
    const double seconds = RunInProcess(*engine, PlatformPrincipal(), chains, load.lanes, load.batch);
    const ThreadTimes times = ReadThreadTimes(0);
    const Stretch stretch = ReadStretch(*journal, before);
    const double raw_seconds = raw->Append(stretch, stretch.events_per_group());
    Result item;
    item.Set("commands", static_cast<double>(load.lifecycles * kLifecycleCommands));
    item.Set("events", static_cast<double>(stretch.ends.size()));
    item.Set("bytes", static_cast<double>(stretch.bytes.size()));
    item.Set("events_per_group", static_cast<double>(stretch.events_per_group()));
    item.Set("seconds", seconds);
    item.Set("raw_seconds", raw_seconds);
    item.Set("cpu_us", MicrosecondsPerCommand(times_before, times, load.lifecycles * kLifecycleCommands));
    result.Add("rounds", item);
  }
  raw.reset();
  std::filesystem::remove_all(raw_directory);
  return result;
}

Result RunPublish(const Site& site, const Load& load) {
  const std::unique_ptr<journal::RocksJournal> journal = OpenJournal(site.data, /*create=*/false);
  const std::unique_ptr<engine::Engine> engine = OpenEngine(*journal, OptionsFor(load.lanes, load.batch));
  const Workload workload(site.live);
  const std::string directory = site.scratch + "/publish";
  std::filesystem::create_directory(directory);
  Result result;
  for (std::size_t round = 0; round < 2 * load.rounds; ++round) {
    const bool publishes = round % 2 == 0;
    const std::vector<std::vector<v1::Command>> chains =
        workload.Chains(load.first + round * load.lifecycles, load.lifecycles, load.batch);
    std::unique_ptr<publish::Publisher> publisher = publishes ? StartPublisher(directory, *journal) : nullptr;
    const double seconds = RunInProcess(*engine, PlatformPrincipal(), chains, load.lanes, load.batch);
    const double lag_seconds = publishes ? AwaitCheckpoint(*publisher, journal->tail().sequence) : 0;
    Result item;
    item.Set("commands", static_cast<double>(load.lifecycles * kLifecycleCommands));
    item.Set("seconds", seconds);
    if (publishes) {
      item.Set("lag_seconds", lag_seconds);
    }
    result.Add(publishes ? "published" : "unpublished", item);
  }
  std::filesystem::remove_all(directory);
  result.Set("next", static_cast<double>(load.first + 2 * load.rounds * load.lifecycles));
  return result;
}

Result RunReplay(const Site& site, std::uint64_t events_max, std::size_t rounds) {
  const std::unique_ptr<journal::RocksJournal> journal = OpenJournal(site.data, /*create=*/false);
  const std::uint64_t through = std::min(events_max, journal->tail().sequence);
  const std::string directory = site.scratch + "/raw";
  CopyRaw(*journal, through, directory);
  Result result;
  for (std::size_t round = 0; round < rounds; ++round) {
    Result item;
    item.Set("events", static_cast<double>(through));
    item.Set("scan_seconds", ScanRaw(directory, through));
    const Clock::time_point begin = Clock::now();
    const auto replayed = engine::ReplayFromZero(*journal, through, [](std::uint64_t, std::uint64_t) {});
    ESCROW_ASSERT(replayed.ok());
    item.Set("replay_seconds", SecondsSince(begin));
    result.Add("rounds", item);
  }
  std::filesystem::remove_all(directory);
  return result;
}

Result RunHandover() {
  const std::vector<std::size_t> cores = base::CoresOfThread();
  std::optional<std::chrono::nanoseconds> round_trip;
  if (cores.size() > 1) {
    round_trip = base::RoundTrip(cores.front(), cores.back(), std::chrono::seconds(1));
  }
  Result result;
  result.Set("handover_ns", static_cast<double>(round_trip.value_or(std::chrono::nanoseconds(0)).count()));
  return result;
}

}  // namespace escrow::bench
