#pragma once

#include "api/backend.h"
#include "escrow/v1/platform_service.grpc.pb.h"

namespace escrow::api {

// Platforms, parties and credentials. Each method is documented in the contract; the machinery stands in write_call.h
// and read_call.h. Any of gRPC's threads.
class PlatformService final : public v1::PlatformService::CallbackService {
 public:
  explicit PlatformService(Backend& backend) : backend_(backend) {}

  grpc::ServerUnaryReactor* CreatePlatform(grpc::CallbackServerContext* context,
                                           const v1::CreatePlatformRequest* request, v1::CommandReply* reply) override;
  grpc::ServerUnaryReactor* GetPlatform(grpc::CallbackServerContext* context, const v1::GetPlatformRequest* request,
                                        v1::Platform* platform) override;
  grpc::ServerUnaryReactor* ListPlatforms(grpc::CallbackServerContext* context, const v1::ListPlatformsRequest* request,
                                          v1::ListPlatformsResponse* response) override;
  grpc::ServerUnaryReactor* AdvanceClock(grpc::CallbackServerContext* context, const v1::AdvanceClockRequest* request,
                                         v1::CommandReply* reply) override;
  grpc::ServerUnaryReactor* CreateParty(grpc::CallbackServerContext* context, const v1::CreatePartyRequest* request,
                                        v1::CommandReply* reply) override;
  grpc::ServerUnaryReactor* GetParty(grpc::CallbackServerContext* context, const v1::GetPartyRequest* request,
                                     v1::Party* party) override;
  grpc::ServerUnaryReactor* ListParties(grpc::CallbackServerContext* context, const v1::ListPartiesRequest* request,
                                        v1::ListPartiesResponse* response) override;
  grpc::ServerUnaryReactor* CreateCredential(grpc::CallbackServerContext* context,
                                             const v1::CreateCredentialRequest* request,
                                             v1::CommandReply* reply) override;
  grpc::ServerUnaryReactor* GetCredential(grpc::CallbackServerContext* context, const v1::GetCredentialRequest* request,
                                          v1::Credential* credential) override;
  grpc::ServerUnaryReactor* ListCredentials(grpc::CallbackServerContext* context,
                                            const v1::ListCredentialsRequest* request,
                                            v1::ListCredentialsResponse* response) override;
  grpc::ServerUnaryReactor* RevokeCredential(grpc::CallbackServerContext* context,
                                             const v1::RevokeCredentialRequest* request,
                                             v1::CommandReply* reply) override;

 private:
  Backend& backend_;
};

}  // namespace escrow::api
