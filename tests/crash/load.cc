#include "crash/load.h"

#include <unistd.h>

#include <cstdio>
#include <random>
#include <thread>

#include "base/clock.h"
#include "engine/engine.h"
#include "journal/rocks/rocks_journal.h"
#include "support/commands.h"
#include "support/engine_client.h"

namespace escrow::test {
namespace {

constexpr int kThreads = 4;

// The life of one parcel, or only its beginning.
std::vector<v1::Command> Parcel(std::uint64_t first_number, std::size_t steps) {
  const std::string id = "parcel-" + std::to_string(first_number);
  const std::string name = "platforms/shop/agreements/" + id;
  std::vector<v1::Command> commands = {
      CreateParcel(first_number, "shop", id), RecordDeposit(first_number + 1, name, 10'000),
      Confirm(first_number + 2, name, v1::CONFIRMATION_KIND_SHIPMENT, "platforms/shop/parties/seller"),
      Confirm(first_number + 3, name, v1::CONFIRMATION_KIND_RECEIPT, "platforms/shop/parties/buyer")};
  commands.resize(steps);
  return commands;
}

// Tells the parent. A record is smaller than PIPE_BUF, so it arrives as a whole or not at all.
void Tell(int pipe, std::uint64_t first_number, const Answer& answer) {
  std::vector<Ack> acks;
  for (const core::Outcome& outcome : answer.outcomes) {
    if (outcome.accepted()) {
      acks.push_back({.number = first_number + acks.size(),
                      .first_sequence = outcome.first_sequence,
                      .last_sequence = outcome.last_sequence});
    }
  }
  const std::size_t size = acks.size() * sizeof(Ack);
  if (acks.size() != answer.outcomes.size() || write(pipe, acks.data(), size) != static_cast<ssize_t>(size)) {
    std::fprintf(stderr, "crash load: a command was refused or the parent is gone\n");
    _exit(1);
  }
}

void LoadFromOneThread(engine::Engine& engine, int pipe, std::uint64_t first_number, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const v1::Principal shop = PlatformPrincipal("shop");
  for (std::uint64_t number = first_number;; number += 4) {
    const std::size_t steps = 1 + random() % 4;
    const bool atomic = random() % 2 == 0;
    Tell(pipe, number, Send(engine, shop, Parcel(number, steps), {.atomic = atomic, .want_events = false}).get());
  }
}

}  // namespace

int RunLoad(const std::string& directory, int pipe, std::uint64_t round, std::uint64_t seed) {
  const auto journal = journal::RocksJournal::Open({.directory = directory, .create = true});
  if (!journal.ok()) {
    std::fprintf(stderr, "crash load: %s\n", journal.status().ToString().c_str());
    return 1;
  }
  engine::EngineOptions options;
  options.snapshot_events = 1'000;  // so that some die in the middle of one
  const base::SystemClock clock;
  const auto engine = engine::Engine::Open(options, **journal, clock, [](std::uint64_t, std::uint64_t) {});
  if (!engine.ok()) {
    std::fprintf(stderr, "crash load: %s\n", engine.status().ToString().c_str());
    return 1;
  }
  // The same ids in every life: only the first has an effect.
  (void)Execute(**engine, Operator(), CreatePlatform(1, "shop"));
  (void)Execute(**engine, PlatformPrincipal("shop"), CreateParty(2, "shop", "buyer"));
  (void)Execute(**engine, PlatformPrincipal("shop"), CreateParty(3, "shop", "seller"));
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
    const std::uint64_t first_number = (round << 40) + (thread << 32) + 4;
    threads.emplace_back([&, thread, first_number] { LoadFromOneThread(**engine, pipe, first_number, seed + thread); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  return 0;
}

}  // namespace escrow::test
