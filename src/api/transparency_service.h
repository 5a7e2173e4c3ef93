#pragma once

#include "api/backend.h"
#include "escrow/v1/transparency_service.grpc.pb.h"

namespace escrow::api {

// Checkpoints and proofs. Each method is documented in the contract. Any of gRPC's threads; the hashes are read on a
// reader's.
class TransparencyService final : public v1::TransparencyService::CallbackService {
 public:
  explicit TransparencyService(Backend& backend) : backend_(backend) {}

  grpc::ServerUnaryReactor* GetCheckpoint(grpc::CallbackServerContext* context, const v1::GetCheckpointRequest* request,
                                          v1::Checkpoint* checkpoint) override;
  grpc::ServerUnaryReactor* GetInclusionProof(grpc::CallbackServerContext* context,
                                              const v1::GetInclusionProofRequest* request,
                                              v1::InclusionProof* proof) override;
  grpc::ServerUnaryReactor* GetConsistencyProof(grpc::CallbackServerContext* context,
                                                const v1::GetConsistencyProofRequest* request,
                                                v1::ConsistencyProof* proof) override;
  grpc::ServerUnaryReactor* GetReceipt(grpc::CallbackServerContext* context, const v1::GetReceiptRequest* request,
                                       v1::GetReceiptResponse* response) override;
  grpc::ServerUnaryReactor* ListEntries(grpc::CallbackServerContext* context, const v1::ListEntriesRequest* request,
                                        v1::ListEntriesResponse* response) override;

  grpc::ServerUnaryReactor* RotateSigningKey(grpc::CallbackServerContext* context,
                                             const v1::RotateSigningKeyRequest* request,
                                             v1::CommandReply* reply) override;

 private:
  Backend& backend_;
};

}  // namespace escrow::api
