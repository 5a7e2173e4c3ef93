#include "api/acceptor.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

// Handles for everything that is not a connection: the files of the log above all.
constexpr std::size_t kOtherHandles = 1'024;
constexpr int kBacklog = 1'024;  // connections that wait for the thread
// While connections are turned away, how often those that are held are looked at again, and the operator is told.
constexpr std::chrono::milliseconds kLookEvery{100};
constexpr std::chrono::seconds kWarnEvery{60};
// How long what was sent may stay without acknowledgement before the connection is given up.
constexpr unsigned kUserTimeoutMs = 20'000;

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

int OpenSpare() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

}  // namespace

Acceptor::Acceptor(std::size_t connections_max)
    : connections_max_(connections_max), stop_(eventfd(0, EFD_CLOEXEC)), spare_(OpenSpare()) {
  ESCROW_ASSERT(connections_max > 0);
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

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Listen(const ListenAddress& address, std::size_t connections_max) {
  if (absl::Status status = AllowHandles(connections_max + kOtherHandles); !status.ok()) {
    return status;
  }
  std::unique_ptr<Acceptor> acceptor(new Acceptor(connections_max));
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
  while (true) {
    const int ready = poll(waits.data(), waits.size(), -1);
    ESCROW_ASSERT(ready > 0 || errno == EINTR);
    if (waits[0].revents != 0) {
      return;
    }
    for (std::size_t i = 1; i < waits.size(); ++i) {
      if (waits[i].revents != 0) {
        AcceptFrom(waits[i].fd);
      }
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
    connections_[connection] = FileOf(connection);
    cork_->Add(connection);
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
  const auto now = std::chrono::steady_clock::now();
  if (now >= next_warning_) {
    next_warning_ = now + kWarnEvery;
    warn_(absl::StrCat("connections are turned away: there are ", connections_.size(), ", the most is ",
                       connections_max_));
  }
}

bool Acceptor::HasRoom() {
  const auto now = std::chrono::steady_clock::now();
  if (connections_.size() >= connections_max_ && now >= next_look_) {
    next_look_ = now + kLookEvery;
    std::erase_if(connections_, [](const auto& entry) { return FileOf(entry.first) != entry.second; });
  }
  return connections_.size() < connections_max_;
}

Acceptor::File Acceptor::FileOf(int handle) {
  struct stat info{};
  if (fstat(handle, &info) != 0) {
    return {};
  }
  return {.device = info.st_dev, .inode = info.st_ino};
}

}  // namespace escrow::api
