#include "support/server_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/assert.h"
#include "base/cores.h"

namespace escrow::test {
namespace {

// The port in the line that escrowd writes when it serves; 0 when there is none yet.
int PortIn(const std::string& log) {
  const std::size_t serving = log.find("\"event\":\"serving\"");
  const std::size_t end = serving == std::string::npos ? serving : log.find('\n', serving);
  if (end == std::string::npos) {
    return 0;
  }
  constexpr std::string_view kPort = "\"port\":";
  const std::size_t port = log.find(kPort, serving);
  ESCROW_ASSERT(port < end);
  return std::atoi(log.c_str() + port + kPort.size());
}

std::vector<std::vector<std::size_t>> CoresOfThreads(pid_t process, std::string_view thread_name) {
  std::vector<std::vector<std::size_t>> found;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm") >> std::ws, name);
    if (name == thread_name) {
      found.push_back(base::CoresOf(std::atoi(task.path().filename().c_str())));
    }
  }
  return found;
}

}  // namespace

ServerProcess::ServerProcess(const std::string& folder, const std::string& config) : folder_(folder) {
  const std::string config_path = folder_ + "/escrowd.toml";
  std::ofstream(config_path) << "listen = \"127.0.0.1:0\"\ndata_dir = \"" << folder_ << "/data\"\n" << config;
  Spawn(config_path);
  drain_ = std::thread([this] { Drain(); });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ended_ || PortIn(log_) != 0; });
  port_ = PortIn(log_);
  if (port_ == 0) {
    std::fprintf(stderr, "escrowd does not serve; it said:\n%s\n", log_.c_str());
  }
  ESCROW_ASSERT(port_ != 0);
  address_ = "127.0.0.1:" + std::to_string(port_);
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) {
    Kill();
  }
}

void ServerProcess::Spawn(const std::string& config_path) {
  int ends[2];
  ESCROW_ASSERT(pipe2(ends, O_CLOEXEC) == 0);
  const pid_t parent = getpid();
  pid_ = fork();
  ESCROW_ASSERT(pid_ >= 0);
  if (pid_ == 0) {
    // Between fork and exec of a process with threads: system calls only.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent || dup2(ends[1], STDERR_FILENO) < 0) {
      _exit(126);
    }
    execl(ESCROWD_BINARY, ESCROWD_BINARY, "--config", config_path.c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  pipe_ = ends[0];
}

void ServerProcess::Drain() {
  char buffer[4'096];
  ssize_t got = 0;
  while ((got = read(pipe_, buffer, sizeof buffer)) > 0) {
    const std::lock_guard lock(mutex_);
    log_.append(buffer, static_cast<std::size_t>(got));
    changed_.notify_all();
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

std::string ServerProcess::log() const {
  const std::lock_guard lock(mutex_);
  return log_;
}

std::string ServerProcess::OperatorKey() const {
  std::string key;
  std::ifstream(folder_ + "/data/operator.key") >> key;
  ESCROW_ASSERT(!key.empty());
  return key;
}

ProcessUse ServerProcess::Use() const {
  const std::string proc = "/proc/" + std::to_string(pid_);
  ProcessUse use;
  std::ifstream status(proc + "/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("VmRSS:")) {
      use.resident_mebibytes = std::strtoull(line.c_str() + 6, nullptr, 10) >> 10;  // in KiB
    } else if (line.starts_with("Threads:")) {
      use.threads = std::strtoull(line.c_str() + 8, nullptr, 10);
    }
  }
  const std::filesystem::directory_iterator files(proc + "/fd");
  use.files = static_cast<std::size_t>(std::distance(begin(files), end(files)));
  ESCROW_ASSERT(use.threads > 0);
  return use;
}

std::vector<std::vector<std::size_t>> ServerProcess::CoresOf(std::string_view thread_name,
                                                             std::size_t threads_min) const {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  std::vector<std::vector<std::size_t>> found = CoresOfThreads(pid_, thread_name);
  while (found.size() < threads_min && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    found = CoresOfThreads(pid_, thread_name);
  }
  return found;
}

int ServerProcess::Reap() {
  int status = 0;
  ESCROW_ASSERT(waitpid(pid_, &status, 0) == pid_);
  pid_ = -1;
  drain_.join();
  close(pipe_);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void ServerProcess::Kill() {
  ESCROW_ASSERT(kill(pid_, SIGKILL) == 0);
  Reap();
}

int ServerProcess::Stop(std::chrono::seconds time) {
  const auto process = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  ESCROW_ASSERT(process >= 0 && kill(pid_, SIGTERM) == 0);
  pollfd ended{.fd = process, .events = POLLIN, .revents = 0};
  const int ready = poll(&ended, 1, static_cast<int>(std::chrono::milliseconds(time).count()));
  close(process);
  if (ready != 1) {
    Kill();
    return -1;
  }
  return Reap();
}

}  // namespace escrow::test
