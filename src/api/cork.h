#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include "api/connection.h"
#include "engine/engine.h"

namespace escrow::api {

// Cork: lets replies that are given in one go leave in one packet for each connection, instead of one for each reply.
//
// WHY: gRPC sends what there is with each reply, and on the way through the kernel a packet costs more than its bytes.
// TCP_CORK (tcp(7)) keeps what is sent until the cork is taken out again, or for 200 ms; so nothing is ever lost by it.
//
// With more connections than kConnectionsMax, or fewer replies than connections, it does nothing: then setting the
// option on each would cost more than it saves. Connections that have ended are forgotten when they are met.
//
// Threading: Add from any thread, the rest on the responder's. Ownership: borrows the handles.
class Cork final : public engine::ReplyObserver {
 public:
  static constexpr std::size_t kConnectionsMax = 16;

  void Add(const Connection& connection);

  void BeginReplies(std::size_t count) override;
  void EndReplies() override;

 private:
  // Sets the option on all connections; forgets those that have none.
  void Set(bool corked);

  std::mutex mutex_;
  std::vector<Connection> connections_;
  bool corked_ = false;
};

}  // namespace escrow::api
