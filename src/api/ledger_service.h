#pragma once

#include "api/backend.h"
#include "escrow/v1/ledger_service.grpc.pb.h"

namespace escrow::api {

// The ledger. Each method is documented in the contract. Any of gRPC's threads.
class LedgerService final : public v1::LedgerService::CallbackService {
 public:
  explicit LedgerService(Backend& backend) : backend_(backend) {}

  // Adds up all agreements and parties on the sequencer's thread: a check for operators and auditors, not for a loop.
  grpc::ServerUnaryReactor* GetTrialBalance(grpc::CallbackServerContext* context,
                                            const v1::GetTrialBalanceRequest* request,
                                            v1::TrialBalance* balance) override;
  grpc::ServerUnaryReactor* ListPartyBalances(grpc::CallbackServerContext* context,
                                              const v1::ListPartyBalancesRequest* request,
                                              v1::ListPartyBalancesResponse* response) override;

 private:
  Backend& backend_;
};

}  // namespace escrow::api
