#pragma once

#include "api/backend.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

namespace escrow::api {

// Starts StreamCommands. Commands go into the engine as they come; replies leave in the same order, one message on its
// way at a time. At most 1,024 commands are read and not yet answered: then reading stops until the client takes its
// replies. A command that was read is executed although its client goes. Messages are the bytes of
// StreamCommandsRequest and StreamCommandsResponse.
[[nodiscard]] grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* StartCommandStream(
    Backend& backend, grpc::CallbackServerContext* context);

}  // namespace escrow::api
