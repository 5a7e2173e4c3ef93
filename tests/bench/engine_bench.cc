// How many durable commands a second the engine does in process, next to what RocksDB does with the same bytes from one
// thread (design.md §6): engine_bench [parcels]. Figures of one run are to be compared with each other only.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <semaphore>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/engine.h"
#include "engine/replay.h"
#include "journal/rocks/rocks_journal.h"
#include "support/commands.h"
#include "support/engine_client.h"
#include "support/temp_folder.h"

namespace escrow {
namespace {

using Clock = std::chrono::steady_clock;

void NoProgress(std::uint64_t, std::uint64_t) {}

double SecondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

std::unique_ptr<journal::RocksJournal> OpenJournal(const std::string& directory) {
  auto journal = journal::RocksJournal::Open({.directory = directory, .create = true});
  ESCROW_ASSERT(journal.ok());
  return *std::move(journal);
}

// A batch in flight. The window bounds how many there are.
class BenchCall final : public engine::Submission {
 public:
  BenchCall(const std::vector<v1::Command>& commands, std::size_t first, std::size_t count, const v1::Principal& actor,
            std::counting_semaphore<>& window)
      : window_(window) {
    for (std::size_t i = first; i < first + count; ++i) {
      requests.push_back({.command = &commands[i], .actor = &actor});
    }
  }
  void Done() override {
    for (const core::Outcome& outcome : outcomes) {
      ESCROW_ASSERT(outcome.accepted());
    }
    window_.release();
  }

 private:
  std::counting_semaphore<>& window_;
};

std::vector<v1::Command> MakeCommands(std::size_t parcels) {
  std::vector<v1::Command> commands;
  for (std::size_t i = 0; i < parcels; ++i) {
    const std::uint64_t number = 100 + i * 4;
    const std::string id = "parcel-" + std::to_string(i);
    const std::string name = "platforms/shop/agreements/" + id;
    commands.push_back(test::CreateParcel(number, "shop", id));
    commands.push_back(test::RecordDeposit(number + 1, name, 10'000));
    commands.push_back(
        test::Confirm(number + 2, name, v1::CONFIRMATION_KIND_SHIPMENT, "platforms/shop/parties/seller"));
    commands.push_back(test::Confirm(number + 3, name, v1::CONFIRMATION_KIND_RECEIPT, "platforms/shop/parties/buyer"));
  }
  return commands;
}

// Runs all commands in batches of `batch`, `window` of them in flight. Returns seconds.
double RunEngine(engine::Engine& engine, const std::vector<v1::Command>& commands, std::size_t batch, int window) {
  const v1::Principal shop = test::PlatformPrincipal("shop");
  std::counting_semaphore<> free_slots(window);
  const auto begin = Clock::now();
  for (std::size_t first = 0; first < commands.size(); first += batch) {
    free_slots.acquire();
    std::unique_ptr<engine::Submission> call =
        std::make_unique<BenchCall>(commands, first, std::min(batch, commands.size() - first), shop, free_slots);
    const v1::Reason refusal = engine.Submit(call);
    ESCROW_ASSERT(refusal == v1::REASON_UNSPECIFIED);
  }
  for (int i = 0; i < window; ++i) {
    free_slots.acquire();
  }
  return SecondsSince(begin);
}

// Appends the events of `log` to a new journal in groups of `group_events`. Returns seconds.
double RunRaw(const journal::Journal& log, const std::string& directory, std::size_t group_events) {
  std::vector<journal::Group> groups;
  const absl::Status status = log.Read(1, [&](std::uint64_t sequence, std::string_view bytes) {
    if (groups.empty() || groups.back().ends.size() == group_events) {
      groups.emplace_back().first_sequence = sequence;
    }
    groups.back().bytes += bytes;
    groups.back().ends.push_back(static_cast<std::uint32_t>(groups.back().bytes.size()));
    return true;
  });
  ESCROW_ASSERT(status.ok());
  const auto journal = OpenJournal(directory);
  const auto begin = Clock::now();
  for (const journal::Group& group : groups) {
    const absl::Status appended = journal->Append(group);
    ESCROW_ASSERT(appended.ok());
  }
  return SecondsSince(begin);
}

// Reads the log without looking at it. Returns seconds.
double RunScan(const journal::Journal& log) {
  const auto begin = Clock::now();
  std::size_t bytes_read = 0;
  const absl::Status status = log.Read(1, [&](std::uint64_t, std::string_view bytes) {
    bytes_read += bytes.size();
    return true;
  });
  ESCROW_ASSERT(status.ok() && bytes_read > 0);
  return SecondsSince(begin);
}

void Run(std::size_t parcels, std::size_t batch, int window, const std::vector<std::size_t>& raw_groups) {
  const test::TempFolder folder;
  const base::SystemClock clock;
  const std::vector<v1::Command> commands = MakeCommands(parcels);
  const auto journal = OpenJournal(folder.path() + "/engine");
  double engine_seconds = 0;
  {
    auto engine = engine::Engine::Open({}, *journal, clock, NoProgress);
    ESCROW_ASSERT(engine.ok());
    ESCROW_ASSERT(test::Execute(**engine, test::Operator(), test::CreatePlatform(1, "shop")).accepted());
    const v1::Principal shop = test::PlatformPrincipal("shop");
    ESCROW_ASSERT(test::Execute(**engine, shop, test::CreateParty(2, "shop", "buyer")).accepted());
    ESCROW_ASSERT(test::Execute(**engine, shop, test::CreateParty(3, "shop", "seller")).accepted());
    engine_seconds = RunEngine(**engine, commands, batch, window);
  }
  const auto events = static_cast<double>(journal->tail().sequence);
  const auto count = static_cast<double>(commands.size());
  const double scan_seconds = RunScan(*journal);
  auto begin = Clock::now();
  const auto replayed = engine::ReplayFromZero(*journal, journal->tail().sequence, NoProgress);
  ESCROW_ASSERT(replayed.ok());
  const double replay_seconds = SecondsSince(begin);
  std::printf("batch %zu, %d in flight: %.0f commands/s, %.0f events/s\n", batch, window, count / engine_seconds,
              events / engine_seconds);
  for (const std::size_t group : raw_groups) {
    const double raw = RunRaw(*journal, folder.path() + "/raw-" + std::to_string(group), group);
    std::printf("  raw append, groups of %zu: %.0f events/s; engine / raw = %.2f\n", group, events / raw,
                raw / engine_seconds);
  }
  std::printf("  replay with verification %.0f events/s, scan %.0f events/s; replay / scan = %.2f\n",
              events / replay_seconds, events / scan_seconds, scan_seconds / replay_seconds);
}

}  // namespace
}  // namespace escrow

int main(int argc, char** argv) {
  const std::size_t parcels = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 25'000;
  escrow::Run(parcels, 512, 8, {256, 1'024});
  escrow::Run(parcels / 4, 1, 64, {128});  // a parcel's command makes two events
  escrow::Run(parcels / 50, 1, 1, {2});
  return 0;
}
