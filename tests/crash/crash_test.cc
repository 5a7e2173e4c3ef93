// kill -9 at random moments under load, fifty times in a row. After each: nothing acknowledged is lost or changed, the
// ledger adds up, and the state equals a replay from zero (design.md §3, 6 and 7).

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"
#include "core/state.h"
#include "crash/load.h"
#include "engine/engine.h"
#include "engine/recovery.h"
#include "engine/replay.h"
#include "engine/requests.h"
#include "journal/rocks/rocks_journal.h"
#include "support/commands.h"
#include "support/temp_folder.h"

namespace escrow {
namespace {

using Clock = std::chrono::steady_clock;
using test::Ack;

constexpr int kRounds = 50;

void NoProgress(std::uint64_t, std::uint64_t) {}

// ESCROW_SEED, or a new one; printed in any case.
std::uint64_t Seed() {
  const char* given = std::getenv("ESCROW_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::printf("SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

// A child under load, from start to kill.
class Child {
 public:
  Child(const std::string& directory, std::uint64_t round, std::uint64_t seed) {
    int ends[2];
    ESCROW_ASSERT(pipe2(ends, O_CLOEXEC) == 0);
    pid_ = fork();
    ESCROW_ASSERT(pid_ >= 0);
    if (pid_ == 0) {
      const int pipe = dup(ends[1]);  // without O_CLOEXEC
      const std::string arguments[] = {
          "crash_test", "load", directory, std::to_string(pipe), std::to_string(round), std::to_string(seed)};
      execl("/proc/self/exe", arguments[0].c_str(), arguments[1].c_str(), arguments[2].c_str(), arguments[3].c_str(),
            arguments[4].c_str(), arguments[5].c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    pipe_ = ends[0];
  }

  // Collects acknowledgements for `time` after the first one came, then kills, then collects the rest.
  void LiveFor(std::chrono::milliseconds time, std::vector<Ack>& acks) {
    const std::size_t before = acks.size();
    ASSERT_TRUE(Collect(std::chrono::seconds(30), acks, /*until_first=*/true)) << "the child ended by itself";
    ASSERT_TRUE(Collect(time, acks, /*until_first=*/false)) << "the child ended by itself";
    ASSERT_EQ(kill(pid_, SIGKILL), 0);
    EXPECT_FALSE(Collect(std::chrono::seconds(30), acks, /*until_first=*/false)) << "the child lives on";
    int status = 0;
    ASSERT_EQ(waitpid(pid_, &status, 0), pid_);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    close(pipe_);
    std::printf("killed after %lld ms, %zu acknowledgements\n", static_cast<long long>(time.count()),
                acks.size() - before);
  }

 private:
  // Returns false at the end of the pipe.
  bool Collect(std::chrono::milliseconds time, std::vector<Ack>& acks, bool until_first) {
    const auto end = Clock::now() + time;
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
      if (left <= 0) {
        return true;
      }
      pollfd ready{.fd = pipe_, .events = POLLIN, .revents = 0};
      if (poll(&ready, 1, static_cast<int>(left)) == 0) {
        return true;
      }
      char buffer[1 << 16];
      const ssize_t got = read(pipe_, buffer, sizeof buffer - partial_.size());
      if (got <= 0) {
        EXPECT_TRUE(partial_.empty());
        return false;
      }
      partial_.append(buffer, static_cast<std::size_t>(got));
      const std::size_t whole = partial_.size() / sizeof(Ack);
      acks.resize(acks.size() + whole);
      std::memcpy(&*acks.end() - whole, partial_.data(), whole * sizeof(Ack));
      partial_.erase(0, whole * sizeof(Ack));
      if (until_first) {
        return true;
      }
    }
  }

  pid_t pid_ = 0;
  int pipe_ = -1;
  std::string partial_;  // of a record
};

std::string RequestIdIn(const v1::Command& command) {
  switch (command.payload_case()) {
    case v1::Command::kCreateAgreement:
      return command.create_agreement().request_id();
    case v1::Command::kRecordDeposit:
      return command.record_deposit().request_id();
    case v1::Command::kConfirmMilestone:
      return command.confirm_milestone().request_id();
    default:
      return "";
  }
}

// Everything that was ever acknowledged is in the log, where it was said to be.
void CheckAcks(const journal::Journal& journal, const std::vector<Ack>& acks) {
  for (const Ack& ack : acks) {
    ASSERT_LE(ack.last_sequence, journal.tail().sequence) << "an acknowledged event is lost";
    const absl::StatusOr<std::string> bytes = journal.ReadOne(ack.first_sequence);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    v1::Event event;
    ASSERT_TRUE(event.ParseFromString(*bytes));
    ASSERT_EQ(RequestIdIn(event.command()), test::RequestId(ack.number));
  }
}

void CheckState(const journal::Journal& journal, const core::Machine& machine) {
  EXPECT_EQ(core::CheckLedger(machine.state()), "");
  const auto replayed = engine::ReplayFromZero(journal, journal.tail().sequence, NoProgress);
  ASSERT_TRUE(replayed.ok()) << replayed.status();
  EXPECT_EQ(replayed->digest, engine::StateDigest(machine));
  EXPECT_EQ(replayed->root, journal.tail().root);
}

// The engine gives the reply to an acknowledged request again.
void CheckReplies(engine::Engine& engine, const std::vector<Ack>& acks, std::mt19937_64& random) {
  for (int i = 0; i < 20; ++i) {
    const Ack& ack = acks[random() % acks.size()];
    const auto reply = engine::FindReply(engine, test::PlatformPrincipal("shop"), test::RequestId(ack.number));
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_TRUE(reply->outcome.repeated);
    EXPECT_EQ(reply->outcome.first_sequence, ack.first_sequence);
    EXPECT_EQ(reply->outcome.last_sequence, ack.last_sequence);
  }
}

TEST(CrashTest, NothingAcknowledgedIsLostByKillingFiftyTimes) {
  const std::uint64_t seed = Seed();
  std::mt19937_64 random(seed);
  const test::TempFolder folder;
  const std::string directory = folder.path() + "/data";
  const base::SystemClock clock;
  std::vector<Ack> acks;
  for (std::uint64_t round = 1; round <= kRounds; ++round) {
    Child child(directory, round, random());
    child.LiveFor(std::chrono::milliseconds(10 + random() % 150), acks);
    if (HasFatalFailure()) {
      return;
    }
    auto journal = journal::RocksJournal::Open({.directory = directory});
    ASSERT_TRUE(journal.ok()) << journal.status();
    CheckAcks(**journal, acks);
    if (HasFatalFailure()) {
      return;
    }
    if (round % 2 == 0) {
      // As the next life would begin, without the snapshot that an orderly end leaves.
      const auto recovered = engine::Recover(**journal, clock, {}, NoProgress);
      ASSERT_TRUE(recovered.ok()) << recovered.status();
      CheckState(**journal, *recovered->machine);
      continue;
    }
    const auto engine = engine::Engine::Open({}, **journal, clock, NoProgress);
    ASSERT_TRUE(engine.ok()) << engine.status();
    CheckReplies(**engine, acks, random);
    const v1::Reason refusal =
        (*engine)->QueryAndWait([&](const core::Machine& machine, base::Time) { CheckState(**journal, machine); });
    EXPECT_EQ(refusal, v1::REASON_UNSPECIFIED);
  }
  std::printf("%zu acknowledgements in all\n", acks.size());
}

}  // namespace
}  // namespace escrow

int main(int argc, char** argv) {
  if (argc == 6 && std::string(argv[1]) == "load") {
    return escrow::test::RunLoad(argv[2], std::atoi(argv[3]), std::strtoull(argv[4], nullptr, 10),
                                 std::strtoull(argv[5], nullptr, 10));
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
