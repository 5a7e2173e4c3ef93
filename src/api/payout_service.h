#pragma once

#include "api/backend.h"
#include "api/write_call.h"
#include "escrow/v1/payout_service.grpc.pb.h"

namespace escrow::api {

// Payouts. Each method is documented in the contract; the machinery stands in write_call.h and read_call.h. Any of
// gRPC's threads.
class PayoutService final
    : public RawMethods<v1::PayoutService::CallbackService, v1::PayoutService::WithRawCallbackMethod_RequestPayout,
                        v1::PayoutService::WithRawCallbackMethod_SendPayout,
                        v1::PayoutService::WithRawCallbackMethod_SettlePayout,
                        v1::PayoutService::WithRawCallbackMethod_FailPayout,
                        v1::PayoutService::WithRawCallbackMethod_ReturnPayout>::Type {
 public:
  explicit PayoutService(Backend& backend) : backend_(backend) {}

  ESCROW_WRITE_METHOD(RequestPayout)
  ESCROW_WRITE_METHOD(SendPayout)
  ESCROW_WRITE_METHOD(SettlePayout)
  ESCROW_WRITE_METHOD(FailPayout)
  ESCROW_WRITE_METHOD(ReturnPayout)

  grpc::ServerUnaryReactor* GetPayout(grpc::CallbackServerContext* context, const v1::GetPayoutRequest* request,
                                      v1::Payout* payout) override;
  grpc::ServerUnaryReactor* ListPayouts(grpc::CallbackServerContext* context, const v1::ListPayoutsRequest* request,
                                        v1::ListPayoutsResponse* response) override;

 private:
  Backend& backend_;
};

}  // namespace escrow::api
