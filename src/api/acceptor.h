#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "api/connection.h"
#include "api/cork.h"
#include "api/listen_address.h"

namespace grpc::experimental {
class ExternalConnectionAcceptor;
}

namespace escrow::api {

// Acceptor: takes connections from the network, at most so many at a time, and gives them to gRPC.
//
// WHY not gRPC's own: it takes every connection that comes. When that uses up the process's file handles, the log
// cannot open its next file, which ends the process; and gRPC 1.51 stops listening for ever at the first accept that
// fails for want of one. Both without a credential: connecting is enough.
//
// A connection beyond the bound is closed at once. When the bound is reached, those given away are looked at again: one
// that gRPC has closed meanwhile does not count.
//
// A connection from which nothing has come for the idle time is ended, at most a tenth of that time later. WHY not by
// gRPC: for that it has a filter that each call passes, 3 % of what a unary call costs (docs/PERFORMANCE.md, 28). While
// calls are open, gRPC has to ask the other side more often than that whether it is there.
//
// Threading: Listen, Start and the destructor from one thread. Ownership: owns its sockets and its thread, borrows the
// cork.
class Acceptor {
 public:
  // Binds to all addresses of the host; port 0 takes a free one. Sees to it that the process may have that many handles
  // beside those of the log. UNAVAILABLE, saying why.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Acceptor>> Listen(const ListenAddress& address,
                                                                        std::size_t connections_max,
                                                                        std::chrono::milliseconds idle_time);
  // Takes no more connections.
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  [[nodiscard]] int port() const { return port_; }

  // Gives connections to `server` from now on, on a thread of its own, and shows each to `cork` before. `warn` is told
  // on that thread, now and then, that connections are turned away.
  void Start(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> server, Cork& cork,
             std::function<void(std::string_view)> warn);

 private:
  Acceptor(std::size_t connections_max, std::chrono::milliseconds idle_time);

  void Run();
  void AcceptFrom(int listener);
  // Whether one more connection may be had. Forgets those that have ended, when it has to.
  bool HasRoom();
  void TurnAway(int connection);
  void ForgetEnded();
  void EndIdle();

  const std::size_t connections_max_;
  const std::chrono::milliseconds idle_time_;
  int port_ = 0;
  std::vector<int> listeners_;
  int stop_ = -1;   // an event: stop
  int spare_ = -1;  // a handle to give up when there is no other, so that a connection can be taken and closed
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> server_;
  Cork* cork_ = nullptr;
  std::function<void(std::string_view)> warn_;
  std::unordered_map<int, Connection> connections_;  // by handle: given away and, when last looked at, open
  std::chrono::steady_clock::time_point next_look_;
  std::chrono::steady_clock::time_point next_warning_;
  std::thread thread_;
};

}  // namespace escrow::api
