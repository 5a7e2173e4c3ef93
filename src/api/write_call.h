#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/backend.h"
#include "escrow/v1/command_reply.pb.h"
#include "escrow/v1/command_service.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/server_callback.h"

// The one path of every write: authenticate, admit, submit; and when it is durable, reply. What a command may do, and
// whether its caller may, is decided by the machine alone.
//
// A command that was accepted is executed, also when its caller has gone: the end of a call by deadline or cancellation
// means that the outcome is unknown; the same request id asks for it again.
namespace escrow::api {

// A submission of the API: who asks, and a place in the bounds of its credential. Derived classes answer in Reply.
class ApiSubmission : public engine::Submission {
 public:
  ApiSubmission(Backend& backend, std::shared_ptr<Identity> identity);
  ~ApiSubmission() override;

  // Adds a command, which must live as long as the submission.
  void Add(const v1::Command& command);

  // Gives the submission to the engine. When that is refused, tells why and nothing was done; `submission` is
  // destroyed.
  [[nodiscard]] static grpc::Status Submit(std::unique_ptr<ApiSubmission> submission);

  // On the responder's thread: the directory follows the credentials, then Reply.
  void Done() final;

 protected:
  // All is durable; `outcomes` and `events` are filled. On the responder's thread.
  virtual void Reply() = 0;

  // The result of request `index`: OK and `reply` is filled, or the refusal.
  [[nodiscard]] bool Result(std::size_t index, v1::CommandReply& reply, google::rpc::Status& refusal);
  // The same as a message.
  void Result(std::size_t index, v1::CommandResult& result);

  // May hold the commands that batches do not take: it comes from the service that sees to the rest of them.
  bool of_service = false;

 private:
  // Gives its place in the bounds of the credential back.
  void Leave();

  Backend& backend_;
  const std::shared_ptr<Identity> identity_;
  std::uint32_t admitted_ = 0;  // commands counted there
};

// A unary write: the request message is the payload of the command.
[[nodiscard]] grpc::ServerUnaryReactor* StartWrite(Backend& backend, grpc::CallbackServerContext* context,
                                                   const google::protobuf::Message& payload, v1::CommandReply* reply);

// ExecuteBatch.
[[nodiscard]] grpc::ServerUnaryReactor* StartBatch(Backend& backend, grpc::CallbackServerContext* context,
                                                   const v1::ExecuteBatchRequest& request,
                                                   v1::ExecuteBatchResponse* response);

}  // namespace escrow::api

// The override of a unary write in a service that has `backend_`: every write takes the same way.
#define ESCROW_WRITE_METHOD(Method)                                                                          \
  grpc::ServerUnaryReactor* Method(grpc::CallbackServerContext* context, const v1::Method##Request* request, \
                                   v1::CommandReply* reply) override {                                       \
    return StartWrite(backend_, context, *request, reply);                                                   \
  }
