#pragma once

#include "api/backend.h"
#include "escrow/v1/event_service.pb.h"
#include "grpcpp/support/server_callback.h"

namespace escrow::api {

// Starts StreamEvents. A stream reads the log behind its own cursor, a bounded stretch at a time, and has at most one
// message on its way: a client that does not read costs that message and hurts nobody, and when it reads again it
// misses nothing. It ends with DRAINING when the server stops and with UNAUTHENTICATED when its credential is revoked.
[[nodiscard]] grpc::ServerWriteReactor<v1::StreamEventsResponse>* StartEventStream(
    Backend& backend, grpc::CallbackServerContext* context, const v1::StreamEventsRequest& request);

}  // namespace escrow::api
