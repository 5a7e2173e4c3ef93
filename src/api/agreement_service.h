#pragma once

#include "api/backend.h"
#include "api/write_call.h"
#include "escrow/v1/agreement_service.grpc.pb.h"

namespace escrow::api {

// Agreements and what happens to them. Each method is documented in the contract; the machinery stands in write_call.h
// and read_call.h. Any of gRPC's threads.
class AgreementService final : public RawMethods<v1::AgreementService::CallbackService,
                                                 v1::AgreementService::WithRawCallbackMethod_CreateAgreement,
                                                 v1::AgreementService::WithRawCallbackMethod_AcceptAgreement,
                                                 v1::AgreementService::WithRawCallbackMethod_CancelAgreement,
                                                 v1::AgreementService::WithRawCallbackMethod_RecordDeposit,
                                                 v1::AgreementService::WithRawCallbackMethod_ConfirmMilestone,
                                                 v1::AgreementService::WithRawCallbackMethod_ReleaseMilestone,
                                                 v1::AgreementService::WithRawCallbackMethod_RefundMilestone>::Type {
 public:
  explicit AgreementService(Backend& backend) : backend_(backend) {}

  ESCROW_WRITE_METHOD(CreateAgreement)
  ESCROW_WRITE_METHOD(AcceptAgreement)
  ESCROW_WRITE_METHOD(CancelAgreement)
  ESCROW_WRITE_METHOD(RecordDeposit)
  ESCROW_WRITE_METHOD(ConfirmMilestone)
  ESCROW_WRITE_METHOD(ReleaseMilestone)
  ESCROW_WRITE_METHOD(RefundMilestone)

  grpc::ServerUnaryReactor* GetAgreement(grpc::CallbackServerContext* context, const v1::GetAgreementRequest* request,
                                         v1::Agreement* agreement) override;
  grpc::ServerUnaryReactor* ListAgreements(grpc::CallbackServerContext* context,
                                           const v1::ListAgreementsRequest* request,
                                           v1::ListAgreementsResponse* response) override;
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
