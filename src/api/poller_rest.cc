#include "api/poller_rest.h"

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "escrow/v1/operations_service.grpc.pb.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"

namespace escrow::api {

struct PollerRest::Call {
  // A channel without credentials leads nowhere.
  const std::unique_ptr<v1::OperationsService::Stub> stub =
      v1::OperationsService::NewStub(grpc::CreateChannel("nowhere", nullptr));
  grpc::ClientContext context;
  const v1::GetServerStatusRequest request;
  v1::ServerStatus response;

  std::mutex mutex;
  std::condition_variable changed;
  bool over = false;     // the rest
  bool resumed = false;  // the thread
};

namespace {

// Whether a thread rests already: there must always be one that does not.
std::atomic<bool> resting = false;

}  // namespace

PollerRest::PollerRest() {
  if (resting.exchange(true)) {
    return;
  }
  call_ = std::make_unique<Call>();
  call_->stub->async()->GetServerStatus(&call_->context, &call_->request, &call_->response,
                                        [call = call_.get()](const grpc::Status&) {
                                          std::unique_lock lock(call->mutex);
                                          call->changed.wait(lock, [call] { return call->over; });
                                          call->resumed = true;
                                          call->changed.notify_all();
                                        });
}

PollerRest::~PollerRest() {
  if (call_ == nullptr) {
    return;
  }
  std::unique_lock lock(call_->mutex);
  call_->over = true;
  call_->changed.notify_all();
  call_->changed.wait(lock, [this] { return call_->resumed; });
  resting = false;
}

}  // namespace escrow::api
