// A real escrowd, killed again and again under the load of concurrent clients. What they were told, over all its lives,
// must be linearizable: as if one call had been carried out after the other (design.md §3, 5 and 7).

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <thread>

#include "linearizability/checker.h"
#include "linearizability/recorder.h"
#include "support/seed.h"
#include "support/temp_folder.h"

namespace escrow::test {
namespace {

constexpr std::uint32_t kClients = 8;
constexpr int kLives = 10;
constexpr std::uint32_t kCallsPerAgreement = 80;
constexpr auto kPatience = std::chrono::seconds(30);

// Snapshots often, so that some lives begin from one and some are killed while they write one.
constexpr char kConfig[] = "[engine]\nsnapshot_events = 1000\n";

// One life of the server: all clients call, until it is killed once `calls` of them have begun.
void LiveAndDie(ServerProcess& server, const std::string& key, std::vector<Recorder>& recorders, Workload& workload,
                History& history, std::size_t calls) {
  std::vector<std::thread> threads;
  threads.reserve(recorders.size());
  for (Recorder& recorder : recorders) {
    threads.emplace_back([&] { recorder.Live(Remote(server.address(), key), workload); });
  }
  history.AwaitSize(history.size() + calls);
  server.Kill();
  for (std::thread& thread : threads) {
    thread.join();
  }
  history.EndLife();
}

// After everything, each agreement is read once more: what was acknowledged is there.
void ReadAll(const ServerProcess& server, const std::string& key, std::uint32_t agreements, History& history) {
  const Remote remote(server.address(), key);
  Recorder recorder(kClients, history, 0);
  for (std::uint32_t agreement = 0; agreement < agreements; ++agreement) {
    for (const Kind kind : {Kind::kGet, Kind::kListDeposits}) {
      ASSERT_TRUE(recorder.Call(remote, {.agreement = agreement, .kind = kind}, kPatience));
    }
  }
  history.EndLife();
}

// The same history with a single wrong answer among it is refused: nothing is so tangled that anything would pass.
void CheckThatOneLieIsFound(std::vector<Operation> operations) {
  const auto read = std::ranges::find_if(operations, [](const Operation& operation) {
    return operation.answered && operation.input.kind == Kind::kGet && operation.output.reason == "OK";
  });
  if (read != operations.end()) {
    read->output.view.deposited += 1;  // no deposit is of 1
    EXPECT_FALSE(Check(operations).linearizable);
  }
}

void CheckAll(const History& history) {
  std::map<std::string, int> reasons;
  int lost = 0;
  std::size_t explored = 0;
  for (const auto& [agreement, operations] : history.ByAgreement()) {
    const Verdict verdict = Check(operations);
    EXPECT_TRUE(verdict.linearizable) << "agreement " << agreement << ": " << verdict.complaint;
    CheckThatOneLieIsFound(operations);
    explored += verdict.explored;
    for (const Operation& operation : operations) {
      lost += operation.answered ? 0 : 1;
      ++reasons[operation.answered ? operation.output.reason + (operation.output.repeated ? " again" : "") : "(none)"];
    }
  }
  std::printf("%zu calls, %d without an answer, %zu positions explored\n", history.size(), lost, explored);
  // The load has met what it is there for.
  for (const char* reason :
       {"OK", "OK again", "AGREEMENT_NOT_FOUND", "AGREEMENT_CLOSED", "MILESTONE_NOT_FUNDED", "MILESTONE_ENDED",
        "INSUFFICIENT_FUNDS", "ALREADY_CONFIRMED", "REQUEST_ID_REUSED", "REQUEST_ID_BURNT", "DEPOSIT_EXISTS"}) {
    EXPECT_GT(reasons[reason], 0) << reason;
  }
  for (const auto& [reason, count] : reasons) {
    std::printf("  %6d %s\n", count, reason.c_str());
  }
  EXPECT_GE(lost, kLives) << "killed in the middle of calls";
}

TEST(LinearizabilityTest, WhatClientsAreToldAcrossKills) {
  const std::uint64_t seed = Seed();
  std::mt19937_64 random(seed);
  const TempFolder folder;
  History history;
  Workload workload(random(), kCallsPerAgreement);
  std::vector<Recorder> recorders;
  for (std::uint32_t client = 0; client < kClients; ++client) {
    recorders.emplace_back(client, history, random());
  }
  for (int life = 0; life < kLives; ++life) {
    ServerProcess server(folder.path(), kConfig);
    const std::string key = SetUpShop(server);
    LiveAndDie(server, key, recorders, workload, history, 200 + random() % 1'500);
  }
  ServerProcess server(folder.path(), kConfig);
  ReadAll(server, SetUpShop(server), workload.agreements(), history);
  EXPECT_EQ(server.Stop(kPatience), 0) << server.log();
  CheckAll(history);
}

}  // namespace
}  // namespace escrow::test
