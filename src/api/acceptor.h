#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
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
// A connection beyond the bound is closed at once. gRPC does not tell when it closes one; so when the bound is reached,
// the handles given away are looked at again: one that is closed, or another file by now, does not count.
//
// Threading: Listen, Start and the destructor from one thread. Ownership: owns its sockets and its thread, borrows the
// cork.
class Acceptor {
 public:
  // Binds to all addresses of the host; port 0 takes a free one. Sees to it that the process may have that many handles
  // beside those of the log. UNAVAILABLE, saying why.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Acceptor>> Listen(const ListenAddress& address,
                                                                        std::size_t connections_max);
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
  // What tells one file from another that got its handle later.
  struct File {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    friend bool operator==(const File&, const File&) = default;
  };

  explicit Acceptor(std::size_t connections_max);

  void Run();
  void AcceptFrom(int listener);
  // Whether one more connection may be had. Forgets those that have ended, when it has to.
  bool HasRoom();
  void TurnAway(int connection);
  [[nodiscard]] static File FileOf(int handle);

  const std::size_t connections_max_;
  int port_ = 0;
  std::vector<int> listeners_;
  int stop_ = -1;   // an event: stop
  int spare_ = -1;  // a handle to give up when there is no other, so that a connection can be taken and closed
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> server_;
  Cork* cork_ = nullptr;
  std::function<void(std::string_view)> warn_;
  std::unordered_map<int, File> connections_;  // given away and, when last looked at, open
  std::chrono::steady_clock::time_point next_look_;
  std::chrono::steady_clock::time_point next_warning_;
  std::thread thread_;
};

}  // namespace escrow::api
