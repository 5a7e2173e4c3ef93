#pragma once

#include "api/backend.h"
#include "escrow/v1/operations_service.pb.h"
#include "grpcpp/support/server_callback.h"

namespace escrow::api {

// Starts VerifyReplay: takes the digest of the running state at a position, then rebuilds the state from the log up to
// there on a thread of its own and compares. One at a time; a second one is refused with OVERLOADED. It stops when its
// caller goes or the server drains. Progress that the client does not read in time is skipped, not kept.
[[nodiscard]] grpc::ServerWriteReactor<v1::VerifyReplayResponse>* StartVerifyReplay(
    Backend& backend, grpc::CallbackServerContext* context);

}  // namespace escrow::api
