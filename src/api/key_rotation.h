#pragma once

#include "api/backend.h"
#include "escrow/v1/command_reply.pb.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"

// RotateSigningKey, in which publisher and log take turns:
//
//   gRPC's thread        authenticate, check who asks
//   sequencer's thread   look whether the key has taken over before
//   reader's thread      take the handover from that event, or else have it signed; submit the command with it
//   responder's thread   the event is durable: the publisher changes its key; reply
//
// A stop between event and change is made up for at the next start (publish::Signer::Open).
namespace escrow::api {

[[nodiscard]] grpc::ServerUnaryReactor* StartKeyRotation(Backend& backend, grpc::CallbackServerContext* context,
                                                         const v1::RotateSigningKeyRequest& request,
                                                         v1::CommandReply& reply);

}  // namespace escrow::api
