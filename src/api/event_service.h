#pragma once

#include "api/backend.h"
#include "escrow/v1/event_service.grpc.pb.h"

namespace escrow::api {

// The log. Each method is documented in the contract. Any of gRPC's threads.
class EventService final : public v1::EventService::CallbackService {
 public:
  explicit EventService(Backend& backend) : backend_(backend) {}

  grpc::ServerUnaryReactor* GetEvent(grpc::CallbackServerContext* context, const v1::GetEventRequest* request,
                                     v1::Event* event) override;
  grpc::ServerUnaryReactor* ListEvents(grpc::CallbackServerContext* context, const v1::ListEventsRequest* request,
                                       v1::ListEventsResponse* response) override;
  grpc::ServerWriteReactor<v1::StreamEventsResponse>* StreamEvents(grpc::CallbackServerContext* context,
                                                                   const v1::StreamEventsRequest* request) override;

 private:
  Backend& backend_;
};

}  // namespace escrow::api
