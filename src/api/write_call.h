#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "api/backend.h"
#include "escrow/v1/command_reply.pb.h"
#include "escrow/v1/command_service.pb.h"
#include "google/protobuf/arena.h"
#include "google/protobuf/descriptor.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

// The one path of every write: authenticate, parse, admit, submit; and when it is durable, reply. What a command may
// do, and whether its caller may, is decided by the machine alone.
//
// gRPC gives the bytes of most writes and takes the bytes of their replies: a request is parsed into an arena that
// lives as long as its submission, and the events of a reply are the stored bytes, copied once.
//
// A command that was accepted is executed, also when its caller has gone: the end of a call by deadline or cancellation
// means that the outcome is unknown; the same request id asks for it again.
namespace escrow::api {

// A submission of the API: who asks, and a place in the bounds of its credential. Derived classes answer in Reply.
class ApiSubmission : public engine::Submission {
 public:
  ApiSubmission(Backend& backend, std::shared_ptr<Identity> identity);
  ~ApiSubmission() override;

  // Parses a message in the submission's arena that will hold its commands. INVALID_FIELD: see api/wire.h.
  [[nodiscard]] grpc::Status Parse(const grpc::ByteBuffer& bytes, google::protobuf::Message& message);
  // Adds a command, which must live as long as the submission.
  void Add(const v1::Command& command);

  void AddEvent(std::size_t index, std::string_view bytes) final;

  // Gives the submission to the engine. When that is refused, tells why and nothing was done; `submission` is
  // destroyed.
  [[nodiscard]] static grpc::Status Submit(std::unique_ptr<ApiSubmission> submission);

  // On the responder's thread: the directory follows the credentials, then Reply.
  void Done() final;

 protected:
  // All is durable, and `outcomes` are filled. On the responder's thread.
  virtual void Reply() = 0;

  // The result of request `index`: true and `reply` is filled, or the refusal.
  [[nodiscard]] bool Result(std::size_t index, v1::CommandReply& reply, google::rpc::Status& refusal) const;
  // The same with the reply as bytes, which are appended.
  [[nodiscard]] bool Result(std::size_t index, std::string& reply, google::rpc::Status& refusal) const;
  // Appends it as field `number` of the type CommandResult.
  void AppendResult(std::size_t index, int number, std::string& out) const;

  // Where requests are parsed to.
  google::protobuf::Arena arena;

  // May hold the commands that batches do not take: it comes from the service that sees to the rest of them.
  bool of_service = false;

 private:
  // Gives its place in the bounds of the credential back.
  void Leave();
  // Result, but without the events.
  [[nodiscard]] bool ResultHead(std::size_t index, v1::CommandReply& reply, google::rpc::Status& refusal) const;
  [[nodiscard]] std::string_view Events(std::size_t index) const;

  Backend& backend_;
  const std::shared_ptr<Identity> identity_;
  bool all_fields_are_known_ = false;       // of the commands; false: they have to be looked through
  std::uint32_t admitted_ = 0;              // commands counted there
  engine::PerRequest<std::string> events_;  // the field `events` of each reply, as bytes; empty when it has none
};

// The field of Command that has a payload of this type. REQUIRES: there is one.
[[nodiscard]] const google::protobuf::FieldDescriptor& PayloadField(const google::protobuf::Descriptor& payload);

// A unary write: the request is the value of the field `payload` of the command.
[[nodiscard]] grpc::ServerUnaryReactor* StartWrite(Backend& backend, grpc::CallbackServerContext* context,
                                                   const google::protobuf::FieldDescriptor& payload,
                                                   const grpc::ByteBuffer& request, grpc::ByteBuffer& reply);

// ExecuteBatch.
[[nodiscard]] grpc::ServerUnaryReactor* StartBatch(Backend& backend, grpc::CallbackServerContext* context,
                                                   const grpc::ByteBuffer& request, grpc::ByteBuffer& response);

// A generated service whose methods named by `Raw` (the generated WithRawCallbackMethod_…) take and give bytes.
template <typename Service, template <typename> typename... Raw>
struct RawMethods {
  using Type = Service;
};
template <typename Service, template <typename> typename First, template <typename> typename... Rest>
struct RawMethods<Service, First, Rest...> {
  using Type = First<typename RawMethods<Service, Rest...>::Type>;
};

}  // namespace escrow::api

// The override of a unary write, one of the RawMethods of a service that has `backend_`: every write takes the same
// way.
#define ESCROW_WRITE_METHOD(Method)                                                                       \
  grpc::ServerUnaryReactor* Method(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request, \
                                   grpc::ByteBuffer* reply) override {                                    \
    static const auto& payload = PayloadField(*v1::Method##Request::descriptor());                        \
    return StartWrite(backend_, context, payload, *request, *reply);                                      \
  }
