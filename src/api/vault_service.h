#pragma once

#include "api/backend.h"
#include "api/write_call.h"
#include "escrow/v1/vault_service.grpc.pb.h"

namespace escrow::api {

// Personal data. Each method is documented in the contract; the order of vault and log is that of docs/adr/0006. Reads
// and holds take the way of every read and write; PutRecord and EraseSubject, in which the vault has a part, have one
// of their own (vault_call.h). Any of gRPC's threads.
class VaultService final
    : public RawMethods<v1::VaultService::CallbackService, v1::VaultService::WithRawCallbackMethod_PlaceLegalHold,
                        v1::VaultService::WithRawCallbackMethod_ReleaseLegalHold>::Type {
 public:
  explicit VaultService(Backend& backend) : backend_(backend) {}

  ESCROW_WRITE_METHOD(PlaceLegalHold)
  ESCROW_WRITE_METHOD(ReleaseLegalHold)

  grpc::ServerUnaryReactor* PutRecord(grpc::CallbackServerContext* context, const v1::PutRecordRequest* request,
                                      v1::CommandReply* reply) override;
  grpc::ServerUnaryReactor* EraseSubject(grpc::CallbackServerContext* context, const v1::EraseSubjectRequest* request,
                                         v1::CommandReply* reply) override;
  grpc::ServerUnaryReactor* GetRecord(grpc::CallbackServerContext* context, const v1::GetRecordRequest* request,
                                      v1::Record* record) override;
  grpc::ServerUnaryReactor* ListRecords(grpc::CallbackServerContext* context, const v1::ListRecordsRequest* request,
                                        v1::ListRecordsResponse* response) override;

 private:
  Backend& backend_;
};

}  // namespace escrow::api
