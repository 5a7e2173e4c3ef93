#include "api/acceptor.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "grpcpp/server_builder.h"

namespace escrow::api {
namespace {

using Clock = std::chrono::steady_clock;

// Handles for everything that is not a connection: the files of the log above all.
constexpr std::size_t kOtherHandles = 1'024;
constexpr int kBacklog = 1'024;  // connections that wait for the thread
// While connections are turned away, how often those that are held are looked at again, and the operator is told.
constexpr std::chrono::milliseconds kLookEvery{100};
constexpr std::chrono::seconds kWarnEvery{60};
// How often connections are looked at for being idle.
constexpr int kLooksPerIdleTime = 10;
// How long what was sent may stay without acknowledgement before the connection is given up.
constexpr unsigned kUserTimeoutMs = 20'000;
// After so long without a byte, and so often from then on, TCP asks whether the other side is still there.
constexpr int kAskAfterSeconds = 60;
constexpr int kAskEverySeconds = 20;

absl::Status Errno(std::string_view doing) {
  return absl::UnavailableError(absl::StrCat("cannot ", std::string(doing), ": ", std::string(std::strerror(errno))));
}

absl::Status AllowHandles(std::size_t handles) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return Errno("ask for the limit of file handles");
  }
  if (limit.rlim_max < handles) {
    return absl::UnavailableError(absl::StrCat("connections_max needs ", handles,
                                               " file handles, and the process may have ", limit.rlim_max,
                                               ": raise its limit (LimitNOFILE, ulimit -n) or lower connections_max"));
  }
  if (limit.rlim_cur < handles) {
    limit.rlim_cur = handles;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
      return Errno("raise the limit of file handles");
    }
  }
  return absl::OkStatus();
}

template <class Value>
void Set(int socket, int level, int name, Value value) {
  // What cannot be set costs speed or patience, not correctness.
  (void)setsockopt(socket, level, name, &value, sizeof value);
}

// A listening socket on one address. Its port is changed to `port` unless that is 0.
absl::StatusOr<int> ListenOn(const addrinfo& info, int port) {
  sockaddr_storage address{};
  std::copy_n(reinterpret_cast<const char*>(info.ai_addr), info.ai_addrlen, reinterpret_cast<char*>(&address));
  // In both families the port is at the same place.
  reinterpret_cast<sockaddr_in*>(&address)->sin_port = htons(static_cast<std::uint16_t>(port));
  const int socket = ::socket(info.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) {
    return Errno("make a socket");
  }
  Set(socket, SOL_SOCKET, SO_REUSEADDR, 1);  // after a restart; two servers at once still exclude each other
  Set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  Set(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
  Set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  Set(socket, IPPROTO_TCP, TCP_KEEPIDLE, kAskAfterSeconds);
  Set(socket, IPPROTO_TCP, TCP_KEEPINTVL, kAskEverySeconds);
  if (bind(socket, reinterpret_cast<const sockaddr*>(&address), info.ai_addrlen) != 0 ||
      listen(socket, kBacklog) != 0) {
    const absl::Status status = Errno("listen");
    close(socket);
    return status;
  }
  return socket;
}

int PortOf(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ESCROW_ASSERT(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

int MillisecondsUntil(Clock::time_point time) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - Clock::now());
  return static_cast<int>(std::max<std::int64_t>(0, left.count()));
}

int OpenSpare() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

}  // namespace

Acceptor::Acceptor(std::size_t connections_max, std::chrono::milliseconds idle_time)
    : connections_max_(connections_max), idle_time_(idle_time), stop_(eventfd(0, EFD_CLOEXEC)), spare_(OpenSpare()) {
  ESCROW_ASSERT(connections_max > 0 && idle_time.count() > 0);
}

Acceptor::~Acceptor() {
  if (thread_.joinable()) {
    ESCROW_ASSERT(eventfd_write(stop_, 1) == 0);
    thread_.join();
  }
  for (const int handle : listeners_) {
    close(handle);
  }
  close(stop_);
  close(spare_);
}

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Listen(const ListenAddress& address, std::size_t connections_max,
                                                           std::chrono::milliseconds idle_time) {
  if (absl::Status status = AllowHandles(connections_max + kOtherHandles); !status.ok()) {
    return status;
  }
  std::unique_ptr<Acceptor> acceptor(new Acceptor(connections_max, idle_time));
  if (acceptor->stop_ < 0 || acceptor->spare_ < 0) {
    return Errno("make a file handle");
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(address.host.c_str(), nullptr, &hints, &found); error != 0) {
    return absl::UnavailableError(absl::StrCat("cannot find the address ", address.host, ": ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> infos(found, freeaddrinfo);
  acceptor->port_ = address.port;
  absl::Status failed = absl::UnavailableError("the host has no address");
  for (const addrinfo* info = infos.get(); info != nullptr; info = info->ai_next) {
    const absl::StatusOr<int> listener = ListenOn(*info, acceptor->port_);
    if (listener.ok()) {
      acceptor->listeners_.push_back(*listener);
      acceptor->port_ = PortOf(*listener);
    } else {
      failed = listener.status();
    }
  }
  if (acceptor->listeners_.empty()) {
    return failed;
  }
  return acceptor;
}

void Acceptor::Start(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> server, Cork& cork,
                     std::function<void(std::string_view)> warn) {
  ESCROW_ASSERT(!thread_.joinable());
  server_ = std::move(server);
  cork_ = &cork;
  warn_ = std::move(warn);
  thread_ = std::thread([this] { Run(); });
}

void Acceptor::Run() {
  std::vector<pollfd> waits;
  waits.push_back({.fd = stop_, .events = POLLIN, .revents = 0});
  for (const int listener : listeners_) {
    waits.push_back({.fd = listener, .events = POLLIN, .revents = 0});
  }
  auto next_idle_look = Clock::now() + idle_time_ / kLooksPerIdleTime;
  while (true) {
    const int ready = poll(waits.data(), waits.size(), MillisecondsUntil(next_idle_look));
    ESCROW_ASSERT(ready >= 0 || errno == EINTR);
    if (waits[0].revents != 0) {
      return;
    }
    for (std::size_t i = 1; i < waits.size(); ++i) {
      if (waits[i].revents != 0) {
        AcceptFrom(waits[i].fd);
      }
    }
    if (const auto now = Clock::now(); now >= next_idle_look) {
      EndIdle();
      next_idle_look = now + idle_time_ / kLooksPerIdleTime;
    }
  }
}

void Acceptor::AcceptFrom(int listener) {
  const int connection = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (connection >= 0) {
    if (!HasRoom()) {
      TurnAway(connection);
      return;
    }
    connections_.insert_or_assign(connection, Connection(connection));
    cork_->Add(Connection(connection));
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
    parameters.listener_fd = listener;
    parameters.fd = connection;
    server_->HandleNewConnection(&parameters);
  } else if (errno == EMFILE || errno == ENFILE) {
    // Something else has used up the handles. The connection would stay first in the queue for ever.
    close(spare_);
    TurnAway(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    spare_ = OpenSpare();
  }
  // Any other error is that of a connection that ended before it was taken.
}

void Acceptor::TurnAway(int connection) {
  if (connection >= 0) {
    close(connection);
  }
  const auto now = Clock::now();
  if (now >= next_warning_) {
    next_warning_ = now + kWarnEvery;
    warn_(absl::StrCat("connections are turned away: there are ", connections_.size(), ", the most is ",
                       connections_max_));
  }
}

bool Acceptor::HasRoom() {
  const auto now = Clock::now();
  if (connections_.size() >= connections_max_ && now >= next_look_) {
    next_look_ = now + kLookEvery;
    ForgetEnded();
  }
  return connections_.size() < connections_max_;
}

void Acceptor::ForgetEnded() {
  std::erase_if(connections_, [](const auto& entry) { return !entry.second.IsOpen(); });
}

void Acceptor::EndIdle() {
  ForgetEnded();
  for (const auto& [handle, connection] : connections_) {
    if (connection.SilentFor() >= idle_time_) {
      connection.End();
    }
  }
}

}  // namespace escrow::api
