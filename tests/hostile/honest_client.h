#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/remote.h"

namespace escrow::test {

// A client that only wants to be served: it creates agreements, pays, reads and follows the events, one call after the
// other, on a connection that it has had from the beginning. Also watches what the server takes of the machine.
//
// Threading: one thread of its own; the rest from any.
class HonestClient {
 public:
  // Returns when it has been served once, and so has its connection.
  HonestClient(const ServerProcess& server, const std::string& key);
  ~HonestClient();
  HonestClient(const HonestClient&) = delete;
  HonestClient& operator=(const HonestClient&) = delete;

  // Returns when it has made so many calls more.
  void AwaitCalls(std::size_t more);
  // Ends. What went wrong: each call that was not answered with OK within the deadline.
  std::vector<std::string> Stop();

  // The most that the server has taken at any time, and the longest that a call took.
  [[nodiscard]] ProcessUse most() const;
  [[nodiscard]] std::chrono::milliseconds slowest() const;

 private:
  void Run();
  // One round of calls on a new agreement.
  void Shop(std::uint64_t number);
  void Note(const char* what, const grpc::Status& status, std::chrono::steady_clock::time_point began);

  const ServerProcess& server_;
  const Remote remote_;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t calls_ = 0;
  std::vector<std::string> complaints_;
  ProcessUse most_;
  std::chrono::milliseconds slowest_{0};
  std::thread thread_;
};

}  // namespace escrow::test
