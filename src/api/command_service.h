#pragma once

#include "api/backend.h"
#include "api/write_call.h"
#include "escrow/v1/command_service.grpc.pb.h"

namespace escrow::api {

// Many commands in one call. Each method is documented in the contract. Any of gRPC's threads.
class CommandService final
    : public RawMethods<v1::CommandService::WithCallbackMethod_GetRequest<v1::CommandService::Service>,
                        v1::CommandService::WithRawCallbackMethod_ExecuteBatch,
                        v1::CommandService::WithRawCallbackMethod_StreamCommands>::Type {
 public:
  explicit CommandService(Backend& backend) : backend_(backend) {}

  grpc::ServerUnaryReactor* ExecuteBatch(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* StreamCommands(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* GetRequest(grpc::CallbackServerContext* context, const v1::GetRequestRequest* request,
                                       v1::CommandReply* reply) override;

 private:
  Backend& backend_;
};

}  // namespace escrow::api
