#pragma once

#include "api/backend.h"
#include "api/write_call.h"
#include "escrow/v1/platform_service.grpc.pb.h"

namespace escrow::api {

// Platforms, parties and credentials. Each method is documented in the contract; the machinery stands in write_call.h
// and read_call.h. Any of gRPC's threads.
class PlatformService final
    : public RawMethods<v1::PlatformService::CallbackService, v1::PlatformService::WithRawCallbackMethod_CreatePlatform,
                        v1::PlatformService::WithRawCallbackMethod_CreateParty,
                        v1::PlatformService::WithRawCallbackMethod_CreateCredential,
                        v1::PlatformService::WithRawCallbackMethod_RevokeCredential,
                        v1::PlatformService::WithRawCallbackMethod_AdvanceClock>::Type {
 public:
  explicit PlatformService(Backend& backend) : backend_(backend) {}

  ESCROW_WRITE_METHOD(CreatePlatform)
  ESCROW_WRITE_METHOD(CreateParty)
  ESCROW_WRITE_METHOD(CreateCredential)
  ESCROW_WRITE_METHOD(RevokeCredential)
  ESCROW_WRITE_METHOD(AdvanceClock)

  grpc::ServerUnaryReactor* GetPlatform(grpc::CallbackServerContext* context, const v1::GetPlatformRequest* request,
                                        v1::Platform* platform) override;
  grpc::ServerUnaryReactor* ListPlatforms(grpc::CallbackServerContext* context, const v1::ListPlatformsRequest* request,
                                          v1::ListPlatformsResponse* response) override;
  grpc::ServerUnaryReactor* GetParty(grpc::CallbackServerContext* context, const v1::GetPartyRequest* request,
                                     v1::Party* party) override;
  grpc::ServerUnaryReactor* ListParties(grpc::CallbackServerContext* context, const v1::ListPartiesRequest* request,
                                        v1::ListPartiesResponse* response) override;
  grpc::ServerUnaryReactor* GetCredential(grpc::CallbackServerContext* context, const v1::GetCredentialRequest* request,
                                          v1::Credential* credential) override;
  grpc::ServerUnaryReactor* ListCredentials(grpc::CallbackServerContext* context,
                                            const v1::ListCredentialsRequest* request,
                                            v1::ListCredentialsResponse* response) override;

 private:
  Backend& backend_;
};

}  // namespace escrow::api
