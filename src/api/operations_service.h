#pragma once

#include "api/backend.h"
#include "escrow/v1/operations_service.grpc.pb.h"

namespace escrow::api {

// The server itself. Each method is documented in the contract. Any of gRPC's threads.
class OperationsService final : public v1::OperationsService::CallbackService {
 public:
  explicit OperationsService(Backend& backend) : backend_(backend) {}

  // With the digest, encodes and hashes the whole state on the sequencer's thread.
  grpc::ServerUnaryReactor* GetServerStatus(grpc::CallbackServerContext* context,
                                            const v1::GetServerStatusRequest* request,
                                            v1::ServerStatus* status) override;
  grpc::ServerWriteReactor<v1::VerifyReplayResponse>* VerifyReplay(grpc::CallbackServerContext* context,
                                                                   const v1::VerifyReplayRequest* request) override;
  grpc::ServerUnaryReactor* ListRules(grpc::CallbackServerContext* context, const v1::ListRulesRequest* request,
                                      v1::ListRulesResponse* response) override;
  grpc::ServerUnaryReactor* ListReasons(grpc::CallbackServerContext* context, const v1::ListReasonsRequest* request,
                                        v1::ListReasonsResponse* response) override;
  grpc::ServerUnaryReactor* WhoAmI(grpc::CallbackServerContext* context, const v1::WhoAmIRequest* request,
                                   v1::Principal* principal) override;

 private:
  Backend& backend_;
};

}  // namespace escrow::api
