#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "api/read_call.h"
#include "escrow/v1/event.pb.h"

namespace escrow::api {

// The events of one agreement, from the log alone: each names the one before it.
//
// Walks from the event `last` back and calls `visit` for each event later than `after`, the last one first. Costs one
// random read an event, so a page costs as much as the agreement's history is long; ends with CANCELLED when nobody
// waits any more. On a reader's thread.
[[nodiscard]] grpc::Status WalkBack(const LogReader& log, std::uint64_t last, std::uint64_t after,
                                    const std::function<void(v1::Event&&)>& visit);

}  // namespace escrow::api
