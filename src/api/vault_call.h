#pragma once

#include "api/backend.h"
#include "escrow/v1/command_reply.pb.h"
#include "escrow/v1/vault_service.pb.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"

// The writes in which vault and log take turns (docs/adr/0006):
//
//   PutRecord      gRPC's thread        authenticate, check the form
//                  sequencer's thread   look whether the request was made before, and whether the party is erased
//                  the vault's thread   keep the record, submit its commitment
//                  responder's thread   the event is durable, or the commitment was refused
//                  the vault's thread   settle, reply
//
//   EraseSubject   as every write, and when the event is durable, on the vault's thread: destroy, reply
namespace escrow::api {

[[nodiscard]] grpc::ServerUnaryReactor* StartPutRecord(Backend& backend, grpc::CallbackServerContext* context,
                                                       const v1::PutRecordRequest& request, v1::CommandReply& reply);

[[nodiscard]] grpc::ServerUnaryReactor* StartEraseSubject(Backend& backend, grpc::CallbackServerContext* context,
                                                          const v1::EraseSubjectRequest& request,
                                                          v1::CommandReply& reply);

}  // namespace escrow::api
