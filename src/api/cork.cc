#include "api/cork.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace escrow::api {
void Cork::Add(const Connection& connection) {
  const std::lock_guard lock(mutex_);
  std::erase_if(connections_,
                [&](const Connection& other) { return other.handle() == connection.handle() || !other.IsOpen(); });
  connections_.push_back(connection);
}

void Cork::BeginReplies(std::size_t count) {
  const std::lock_guard lock(mutex_);
  corked_ = connections_.size() <= kConnectionsMax && count > connections_.size();
  if (corked_) {
    Set(true);
  }
}

void Cork::EndReplies() {
  const std::lock_guard lock(mutex_);
  if (corked_) {
    Set(false);
    corked_ = false;
  }
}

void Cork::Set(bool corked) {
  const int value = corked ? 1 : 0;
  std::erase_if(connections_, [&](const Connection& connection) {
    return setsockopt(connection.handle(), IPPROTO_TCP, TCP_CORK, &value, sizeof value) != 0;
  });
}

}  // namespace escrow::api
