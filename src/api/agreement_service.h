#pragma once

#include "api/backend.h"
#include "escrow/v1/agreement_service.grpc.pb.h"

namespace escrow::api {

// Agreements and what happens to them. Each method is documented in the contract; the machinery stands in write_call.h
// and read_call.h. Any of gRPC's threads.
class AgreementService final : public v1::AgreementService::CallbackService {
 public:
  explicit AgreementService(Backend& backend) : backend_(backend) {}

  grpc::ServerUnaryReactor* CreateAgreement(grpc::CallbackServerContext* context,
                                            const v1::CreateAgreementRequest* request,
                                            v1::CommandReply* reply) override;
  grpc::ServerUnaryReactor* GetAgreement(grpc::CallbackServerContext* context, const v1::GetAgreementRequest* request,
                                         v1::Agreement* agreement) override;
  grpc::ServerUnaryReactor* ListAgreements(grpc::CallbackServerContext* context,
                                           const v1::ListAgreementsRequest* request,
                                           v1::ListAgreementsResponse* response) override;
  grpc::ServerUnaryReactor* AcceptAgreement(grpc::CallbackServerContext* context,
                                            const v1::AcceptAgreementRequest* request,
                                            v1::CommandReply* reply) override;
  grpc::ServerUnaryReactor* CancelAgreement(grpc::CallbackServerContext* context,
                                            const v1::CancelAgreementRequest* request,
                                            v1::CommandReply* reply) override;
  grpc::ServerUnaryReactor* RecordDeposit(grpc::CallbackServerContext* context, const v1::RecordDepositRequest* request,
                                          v1::CommandReply* reply) override;
  grpc::ServerUnaryReactor* ConfirmMilestone(grpc::CallbackServerContext* context,
                                             const v1::ConfirmMilestoneRequest* request,
                                             v1::CommandReply* reply) override;
  grpc::ServerUnaryReactor* ReleaseMilestone(grpc::CallbackServerContext* context,
                                             const v1::ReleaseMilestoneRequest* request,
                                             v1::CommandReply* reply) override;
  grpc::ServerUnaryReactor* RefundMilestone(grpc::CallbackServerContext* context,
                                            const v1::RefundMilestoneRequest* request,
                                            v1::CommandReply* reply) override;
  grpc::ServerUnaryReactor* ExplainAgreement(grpc::CallbackServerContext* context,
                                             const v1::ExplainAgreementRequest* request,
                                             v1::ExplainAgreementResponse* response) override;
  grpc::ServerUnaryReactor* ListDeposits(grpc::CallbackServerContext* context, const v1::ListDepositsRequest* request,
                                         v1::ListDepositsResponse* response) override;
  grpc::ServerUnaryReactor* ListConfirmations(grpc::CallbackServerContext* context,
                                              const v1::ListConfirmationsRequest* request,
                                              v1::ListConfirmationsResponse* response) override;
  grpc::ServerUnaryReactor* ListReleases(grpc::CallbackServerContext* context, const v1::ListReleasesRequest* request,
                                         v1::ListReleasesResponse* response) override;
  grpc::ServerUnaryReactor* ListRefunds(grpc::CallbackServerContext* context, const v1::ListRefundsRequest* request,
                                        v1::ListRefundsResponse* response) override;

 private:
  Backend& backend_;
};

}  // namespace escrow::api
