#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/generic_stub.h"
#include "support/remote.h"

namespace escrow::test {

// How a call of a swarm behaves.
enum class Habit {
  kSayNothing,    // opens the call and sends nothing
  kNeverRead,     // sends its message and never takes what comes
  kAgainAndAgain  // sends its message, takes the answer, and begins anew
};

// Swarm: many calls at a time, over many connections, of a client that does not care. Any method, any bytes.
//
// Threading: one thread of its own; the rest from one other.
class Swarm {
 public:
  // `calls` calls of `method` ("/escrow.v1.EventService/StreamEvents"), spread over `connections` connections.
  struct Plan {
    std::string method{};
    std::string message{};
    Habit habit = Habit::kAgainAndAgain;
    std::size_t calls = 1;
    std::size_t connections = 1;
  };

  // Begins. `make`, when given, makes the message of each call instead of plan.message; on the swarm's thread.
  Swarm(const std::string& address, const std::string& key, const Plan& plan,
        std::function<std::string()> make = nullptr);
  // Cancels everything.
  ~Swarm();
  Swarm(const Swarm&) = delete;
  Swarm& operator=(const Swarm&) = delete;

  // Returns when so many calls have ended; what they were told, by reason.
  std::map<std::string, std::size_t> AwaitEnded(std::size_t count);
  [[nodiscard]] std::map<std::string, std::size_t> ended() const;

 private:
  class Call;

  void Run();
  void Ended(const grpc::Status& status);

  const Plan plan_;
  const std::function<std::string()> make_;
  std::vector<std::unique_ptr<Remote>> remotes_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<Call>> calls_;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::size_t> ended_;
  std::size_t ended_count_ = 0;
  std::thread thread_;
};

}  // namespace escrow::test
