#include "bench/echo_server.h"

#include <sched.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "base/assert.h"
#include "echo.grpc.pb.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"

namespace escrow::bench {
namespace {

class EchoServer final : public EchoService::CallbackService {
 private:
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const EchoMessage* request,
                                 EchoMessage* response) override {
    response->set_payload(request->payload());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

}  // namespace

int ServeEcho() {
  // As escrowd asks for itself (services/escrowd/batch_scheduling.h): the limit must not be lower for want of it.
  const sched_param none{};
  ESCROW_ASSERT(sched_setscheduler(0, SCHED_BATCH, &none) == 0);
  EchoServer service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    std::fprintf(stderr, "escrow-bench: cannot listen on loopback\n");
    return 1;
  }
  std::printf("port %d\n", port);
  std::fflush(stdout);
  char byte = 0;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  return 0;
}

}  // namespace escrow::bench
