#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace escrow::test {

// What a process takes of the machine now, as /proc tells.
struct ProcessUse {
  std::size_t resident_mebibytes = 0;
  std::size_t threads = 0;
  std::size_t files = 0;  // open descriptors
};

// A real escrowd as a child process: started on a folder, asked for its port, killed or asked to stop. It dies with the
// thread that started it, whatever happens to the test.
//
// Threading: one thread, but for log() and Use(). Ownership: owns the process, not the folder.
class ServerProcess {
 public:
  // Starts escrowd on a free port of loopback, with its log in `folder`/data and `config` (TOML without listen and
  // data_dir) as configuration; returns when it serves. Aborts the test when it does not, with what it said.
  ServerProcess(const std::string& folder, const std::string& config);
  // Kills what still runs.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // HOST:PORT of clients.
  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] int port() const { return port_; }
  // The first API key, of the operator.
  [[nodiscard]] std::string OperatorKey() const;
  [[nodiscard]] ProcessUse Use() const;
  // The cores on which its threads of this name may run, thread by thread. Waits until so many have the name: a thread
  // of a library takes its own when it first runs, which on a busy machine is after the server serves. Ten seconds at
  // most, then what there is.
  [[nodiscard]] std::vector<std::vector<std::size_t>> CoresOf(std::string_view thread_name,
                                                              std::size_t threads_min) const;
  // What it has written to standard error so far.
  [[nodiscard]] std::string log() const;

  // SIGKILL. Returns when the process is gone.
  void Kill();
  // SIGTERM. The exit code, or -1 when it did not end by itself within `time` and was killed.
  [[nodiscard]] int Stop(std::chrono::seconds time);

 private:
  void Spawn(const std::string& config_path);
  // Takes the lines of standard error until its end.
  void Drain();
  // Reaps the process. Its exit code, or -1 when a signal ended it.
  int Reap();

  const std::string folder_;
  std::string address_;
  int port_ = 0;
  pid_t pid_ = -1;
  int pipe_ = -1;
  std::thread drain_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string log_;
  bool ended_ = false;  // of standard error
};

}  // namespace escrow::test
