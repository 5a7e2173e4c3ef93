// A disk that fails at each call of a short script, one run for each: EIO, a full disk, and a power cut that takes what
// was not synced, all of it or all but a random beginning. After each: nothing acknowledged is lost, repeated or
// changed.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>

#include "base/assert.h"
#include "crash/load.h"
#include "crash/short_script.h"
#include "rocksdb/env.h"
#include "support/crash_fs.h"
#include "support/temp_folder.h"

namespace escrow::test {
namespace {

namespace fs = std::filesystem;

// How a process ended, and what it had written to its pipe.
struct Life {
  std::string output;
  int exit_code = -1;
  int signal = 0;
};

// Runs `body` in a process of its own: a fault may abort it. This process has no thread but its own, because it never
// opens a log itself; so a fork is a whole program.
Life RunApart(const std::string& stderr_path, const std::function<int(int pipe)>& body) {
  int ends[2];
  ESCROW_ASSERT(pipe2(ends, O_CLOEXEC) == 0);
  const pid_t child = fork();
  ESCROW_ASSERT(child >= 0);
  if (child == 0) {
    const rlimit none{.rlim_cur = 0, .rlim_max = 0};
    setrlimit(RLIMIT_CORE, &none);
    alarm(60);
    dup2(open(stderr_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
    _exit(body(ends[1]));
  }
  close(ends[1]);
  Life life;
  char buffer[4'096];
  for (ssize_t got = 0; (got = read(ends[0], buffer, sizeof buffer)) > 0;) {
    life.output.append(buffer, static_cast<std::size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  ESCROW_ASSERT(waitpid(child, &status, 0) == child);
  life.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  life.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return life;
}

// Runs the script; the output is what was acknowledged.
Life RunWithFault(const std::string& folder, DiskFault fault, std::uint64_t n) {
  return RunApart(folder + "/stderr", [&](int pipe) {
    const auto disk = std::make_shared<CrashFs>(fault, n, folder + "/record");
    const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(disk);
    const int code = RunScript(folder + "/data", pipe, env.get());
    std::ofstream(folder + "/calls") << disk->calls();
    return code;
  });
}

// Checks what is left, on a disk that is in order again. Gives what is wrong.
std::string Check(const std::string& folder, const Life& life) {
  const Life check = RunApart(folder + "/stderr-of-check", [&](int pipe) {
    const std::unique_ptr<rocksdb::Env> env =
        rocksdb::NewCompositeEnv(std::make_shared<CrashFs>(DiskFault::kNone, 0, folder + "/record-of-check"));
    const std::string wrong = CheckScript(folder + "/data", life.output, env.get());
    return write(pipe, wrong.data(), wrong.size()) == static_cast<ssize_t>(wrong.size()) ? 0 : 1;
  });
  return check.exit_code == 0 ? check.output : "the check itself ended by signal " + std::to_string(check.signal);
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

  const std::string clean = scratch.Fresh();
  const Life whole = RunWithFault(clean, DiskFault::kNone, 0);
  ASSERT_EQ(whole.exit_code, 0) << "signal " << whole.signal;
  ASSERT_EQ(Check(clean, whole), "");
  ASSERT_EQ(whole.output.size() / sizeof(Ack), ScriptCommands().size());
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
      ASSERT_EQ(Check(folder, run), "");
      acks += run.output.size() / sizeof(Ack);
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
