// A disk that fails at each call of a short script, one run for each: EIO, a full disk, and a power cut that takes what
// was not synced, all of it or all but a random beginning. After each: nothing acknowledged is lost, repeated or
// changed.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "base/assert.h"
#include "crash/short_script.h"
#include "rocksdb/env.h"
#include "support/crash_fs.h"
#include "support/temp_folder.h"

namespace escrow::test {
namespace {

namespace fs = std::filesystem;

// How the script ended.
struct Life {
  std::string acks;  // as they came through the pipe
  int exit_code = -1;
  int signal = 0;
};

// Runs the script in a process of its own: a fault may abort it.
Life RunWithFault(const std::string& folder, DiskFault fault, std::uint64_t n) {
  int ends[2];
  ESCROW_ASSERT(pipe2(ends, O_CLOEXEC) == 0);
  const pid_t child = fork();
  ESCROW_ASSERT(child >= 0);
  if (child == 0) {
    const rlimit none{.rlim_cur = 0, .rlim_max = 0};
    setrlimit(RLIMIT_CORE, &none);
    alarm(30);
    const int log = open((folder + "/stderr").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(log, STDERR_FILENO);
    const std::string pipe = std::to_string(dup(ends[1]));  // without O_CLOEXEC
    const std::string kind = std::to_string(static_cast<int>(fault));
    execl("/proc/self/exe", "disk_fault_test", "script", folder.c_str(), pipe.c_str(), kind.c_str(),
          std::to_string(n).c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  Life run;
  char buffer[4'096];
  for (ssize_t got = 0; (got = read(ends[0], buffer, sizeof buffer)) > 0;) {
    run.acks.append(buffer, static_cast<std::size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  ESCROW_ASSERT(waitpid(child, &status, 0) == child);
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  run.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return run;
}

// The child's side. The last line on stderr is how many calls there were.
int ScriptMain(char** argv) {
  const std::string folder = argv[2];
  const auto disk = std::make_shared<CrashFs>(static_cast<DiskFault>(std::atoi(argv[4])),
                                              std::strtoull(argv[5], nullptr, 10), folder + "/record");
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(disk);
  const int code = RunScript(folder + "/data", std::atoi(argv[3]), env.get());
  std::ofstream(folder + "/calls") << disk->calls();
  return code;
}

// Checks what is left, on a disk that is in order again.
std::string Check(const std::string& folder, const Life& life, std::uint64_t& acknowledged) {
  const std::unique_ptr<rocksdb::Env> env =
      rocksdb::NewCompositeEnv(std::make_shared<CrashFs>(DiskFault::kNone, 0, folder + "/record-of-check"));
  return CheckScript(folder + "/data", life.acks, acknowledged, env.get());
}

struct FaultRow {
  const char* name;
  DiskFault fault;
  bool lose_page_cache;  // what was not synced is gone
  bool keep_some;        // but for a random beginning
};

const FaultRow kFaults[] = {
    {"EIO", DiskFault::kError, false, false},
    {"EIO, then the power goes", DiskFault::kError, true, true},
    {"disk full", DiskFault::kNoSpace, false, false},
    {"disk full, then the power goes", DiskFault::kNoSpace, true, false},
    {"killed", DiskFault::kPowerCut, false, false},
    {"power cut, all unsynced lost", DiskFault::kPowerCut, true, false},
    {"power cut, some unsynced kept", DiskFault::kPowerCut, true, true},
};

// In memory where that is possible: a real disk's syncs would only take time.
class Scratch {
 public:
  Scratch() {
    if (std::getenv("TMPDIR") == nullptr && access("/dev/shm", W_OK) == 0) {
      setenv("TMPDIR", "/dev/shm", 1);
    }
    folder_ = std::make_unique<TempFolder>();
  }
  [[nodiscard]] std::string Fresh() const {
    const std::string path = folder_->path() + "/run";
    fs::remove_all(path);
    ESCROW_ASSERT(fs::create_directory(path));
    return path;
  }

 private:
  std::unique_ptr<TempFolder> folder_;
};

TEST(DiskFaultTest, AtEveryCallOfAShortScript) {
  const char* given = std::getenv("ESCROW_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::printf("SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  const Scratch scratch;
  std::uint64_t acknowledged = 0;

  const std::string clean = scratch.Fresh();
  const Life whole = RunWithFault(clean, DiskFault::kNone, 0);
  ASSERT_EQ(whole.exit_code, 0) << "signal " << whole.signal;
  ASSERT_EQ(Check(clean, whole, acknowledged), "");
  ASSERT_EQ(acknowledged, ScriptCommands().size());
  std::uint64_t calls = 0;
  std::ifstream(clean + "/calls") >> calls;
  ASSERT_GT(calls, 100U);

  std::uint64_t runs = 0;
  for (const FaultRow& row : kFaults) {
    int finished = 0;
    int refused = 0;
    int stopped = 0;
    std::uint64_t acks = 0;
    for (std::uint64_t n = 1; n <= calls; ++n) {
      SCOPED_TRACE(std::string(row.name) + " at call " + std::to_string(n));
      const std::string folder = scratch.Fresh();
      const Life run = RunWithFault(folder, row.fault, n);
      const bool cut = run.exit_code == kPowerCutExit;
      ASSERT_TRUE(run.exit_code == 0 || run.exit_code == 1 || cut || run.signal == SIGABRT)
          << "exit " << run.exit_code << " signal " << run.signal;
      finished += run.exit_code == 0;
      refused += run.exit_code == 1;
      stopped += cut || run.signal == SIGABRT;
      if (row.lose_page_cache) {
        LosePageCache(folder + "/record", row.keep_some ? &random : nullptr);
      }
      ASSERT_EQ(Check(folder, run, acknowledged), "");
      acks += acknowledged;
      ++runs;
    }
    std::printf("%-32s %llu calls: %d finished, %d did not start, %d stopped; %llu acknowledged, all kept\n", row.name,
                static_cast<unsigned long long>(calls), finished, refused, stopped,
                static_cast<unsigned long long>(acks));
    std::fflush(stdout);
  }
  std::printf("%llu runs\n", static_cast<unsigned long long>(runs));
}

}  // namespace
}  // namespace escrow::test

int main(int argc, char** argv) {
  if (argc == 6 && std::string(argv[1]) == "script") {
    return escrow::test::ScriptMain(argv);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
