#include "api/history.h"

#include "base/assert.h"

namespace escrow::api {

grpc::Status WalkBack(const LogReader& log, std::uint64_t last, std::uint64_t after,
                      const std::function<void(v1::Event&&)>& visit) {
  while (last > after) {
    if (log.cancelled()) {
      return grpc::Status::CANCELLED;
    }
    v1::Event event;
    const grpc::Status status = log.Read(last, event);
    if (!status.ok()) {
      return status;
    }
    const std::uint64_t previous = event.previous_sequence();
    ESCROW_ASSERT(previous < last);
    visit(std::move(event));
    last = previous;
  }
  return grpc::Status::OK;
}

}  // namespace escrow::api
