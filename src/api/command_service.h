#pragma once

#include "api/backend.h"
#include "escrow/v1/command_service.grpc.pb.h"

namespace escrow::api {

// Many commands in one call. Each method is documented in the contract. Any of gRPC's threads.
class CommandService final : public v1::CommandService::CallbackService {
 public:
  explicit CommandService(Backend& backend) : backend_(backend) {}

  grpc::ServerUnaryReactor* ExecuteBatch(grpc::CallbackServerContext* context, const v1::ExecuteBatchRequest* request,
                                         v1::ExecuteBatchResponse* response) override;
  grpc::ServerBidiReactor<v1::StreamCommandsRequest, v1::StreamCommandsResponse>* StreamCommands(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* GetRequest(grpc::CallbackServerContext* context, const v1::GetRequestRequest* request,
                                       v1::CommandReply* reply) override;

 private:
  Backend& backend_;
};

}  // namespace escrow::api
