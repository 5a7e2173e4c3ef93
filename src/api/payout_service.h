#pragma once

#include "api/backend.h"
#include "escrow/v1/payout_service.grpc.pb.h"

namespace escrow::api {

// Payouts. Each method is documented in the contract; the machinery stands in write_call.h and read_call.h. Any of
// gRPC's threads.
class PayoutService final : public v1::PayoutService::CallbackService {
 public:
  explicit PayoutService(Backend& backend) : backend_(backend) {}

  grpc::ServerUnaryReactor* RequestPayout(grpc::CallbackServerContext* context, const v1::RequestPayoutRequest* request,
                                          v1::CommandReply* reply) override;
  grpc::ServerUnaryReactor* GetPayout(grpc::CallbackServerContext* context, const v1::GetPayoutRequest* request,
                                      v1::Payout* payout) override;
  grpc::ServerUnaryReactor* ListPayouts(grpc::CallbackServerContext* context, const v1::ListPayoutsRequest* request,
                                        v1::ListPayoutsResponse* response) override;
  grpc::ServerUnaryReactor* SendPayout(grpc::CallbackServerContext* context, const v1::SendPayoutRequest* request,
                                       v1::CommandReply* reply) override;
  grpc::ServerUnaryReactor* SettlePayout(grpc::CallbackServerContext* context, const v1::SettlePayoutRequest* request,
                                         v1::CommandReply* reply) override;
  grpc::ServerUnaryReactor* FailPayout(grpc::CallbackServerContext* context, const v1::FailPayoutRequest* request,
                                       v1::CommandReply* reply) override;
  grpc::ServerUnaryReactor* ReturnPayout(grpc::CallbackServerContext* context, const v1::ReturnPayoutRequest* request,
                                         v1::CommandReply* reply) override;

 private:
  Backend& backend_;
};

}  // namespace escrow::api
