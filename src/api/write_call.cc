#include "api/write_call.h"

#include "api/caller.h"
#include "api/refusal.h"
#include "api/stored.h"
#include "api/unknown_fields.h"
#include "base/assert.h"
#include "core/command.h"
#include "core/limits.h"
#include "grpcpp/server_context.h"

namespace escrow::api {
namespace {

// The field of Command whose type is that of `payload`: each type of request is the payload of one field.
const google::protobuf::FieldDescriptor& PayloadField(const google::protobuf::Message& payload) {
  const google::protobuf::OneofDescriptor& oneof = *v1::Command::descriptor()->oneof_decl(0);
  for (int i = 0; i < oneof.field_count(); ++i) {
    if (oneof.field(i)->message_type() == payload.GetDescriptor()) {
      return *oneof.field(i);
    }
  }
  base::AssertFailed("the message is the payload of a command", __FILE__, __LINE__);
}

// A request message as a command, without a copy. The message must outlive it.
class PayloadCommand {
 public:
  explicit PayloadCommand(const google::protobuf::Message& payload) : field_(PayloadField(payload)) {
    // The command only lends it on, as const, and gives it back below.
    v1::Command::GetReflection()->UnsafeArenaSetAllocatedMessage(
        &command_, const_cast<google::protobuf::Message*>(&payload), &field_);
  }
  ~PayloadCommand() { (void)v1::Command::GetReflection()->UnsafeArenaReleaseMessage(&command_, &field_); }
  PayloadCommand(const PayloadCommand&) = delete;
  PayloadCommand& operator=(const PayloadCommand&) = delete;

  [[nodiscard]] const v1::Command& command() const { return command_; }

 private:
  const google::protobuf::FieldDescriptor& field_;
  v1::Command command_;
};

class UnarySubmission final : public ApiSubmission {
 public:
  UnarySubmission(Backend& backend, std::shared_ptr<Identity> identity, const google::protobuf::Message& payload,
                  grpc::ServerUnaryReactor& reactor, v1::CommandReply& reply)
      : ApiSubmission(backend, std::move(identity)), command_(payload), reactor_(reactor), reply_(reply) {
    Add(command_.command());
    want_events = true;
  }

 private:
  void Reply() override {
    google::rpc::Status refusal;
    reactor_.Finish(Result(0, reply_, refusal) ? grpc::Status::OK : ToGrpc(refusal));
  }

  const PayloadCommand command_;
  grpc::ServerUnaryReactor& reactor_;  // gRPC keeps the call, with request and reply, until it is finished
  v1::CommandReply& reply_;
};

class BatchSubmission final : public ApiSubmission {
 public:
  BatchSubmission(Backend& backend, std::shared_ptr<Identity> identity, const v1::ExecuteBatchRequest& request,
                  grpc::ServerUnaryReactor& reactor, v1::ExecuteBatchResponse& response)
      : ApiSubmission(backend, std::move(identity)), reactor_(reactor), response_(response) {
    requests.reserve(static_cast<std::size_t>(request.commands_size()));
    for (const v1::Command& command : request.commands()) {
      Add(command);
    }
    atomic = request.atomic();
    want_events = request.include_events();
  }

 private:
  void Reply() override {
    response_.mutable_results()->Reserve(static_cast<int>(requests.size()));
    for (std::size_t i = 0; i < requests.size(); ++i) {
      Result(i, *response_.add_results());
    }
    reactor_.Finish(grpc::Status::OK);
  }

  grpc::ServerUnaryReactor& reactor_;
  v1::ExecuteBatchResponse& response_;
};

// The name of the payload, when it is one that a service of its own has to make or to complete; else empty.
std::string_view OwnServicePayload(const v1::Command& command) {
  switch (command.payload_case()) {
    case v1::Command::kCommitRecord:
      return "commit_record";
    case v1::Command::kEraseSubject:
      return "erase_subject";
    case v1::Command::kRotateSigningKey:
      return "rotate_signing_key";
    default:
      return "";
  }
}

}  // namespace

ApiSubmission::ApiSubmission(Backend& backend, std::shared_ptr<Identity> identity)
    : backend_(backend), identity_(std::move(identity)) {}

ApiSubmission::~ApiSubmission() { Leave(); }

void ApiSubmission::Leave() {
  identity_->commands_in_flight -= admitted_;
  admitted_ = 0;
}

void ApiSubmission::Add(const v1::Command& command) {
  requests.push_back({.command = &command, .actor = &identity_->principal});
}

grpc::Status ApiSubmission::Submit(std::unique_ptr<ApiSubmission> submission) {
  for (const core::Request& request : submission->requests) {
    if (const std::string field = FindUnknownField(*request.command); !field.empty()) {
      return Refuse(v1::REASON_INVALID_FIELD, {{"field", field}});
    }
    // Only VaultService puts a record where its commitment says, and destroys what an erasure says; only the publisher
    // can hand its key over.
    if (const std::string_view field = OwnServicePayload(*request.command); !field.empty() && !submission->of_service) {
      return Refuse(v1::REASON_INVALID_FIELD, {{"field", std::string(field)}});
    }
  }
  const auto count = static_cast<std::uint32_t>(submission->requests.size());
  Identity& identity = *submission->identity_;
  submission->admitted_ = count;
  if (identity.commands_in_flight.fetch_add(count) + count > submission->backend_.inflight_per_credential_max) {
    return Refuse(v1::REASON_OVERLOADED);
  }
  engine::Engine& engine = submission->backend_.engine;
  std::unique_ptr<engine::Submission> work = std::move(submission);
  const v1::Reason reason = engine.Submit(work);
  return reason == v1::REASON_UNSPECIFIED ? grpc::Status::OK : Refuse(reason);
}

void ApiSubmission::Done() {
  ESCROW_ASSERT(outcomes.size() == requests.size() && log_times.size() == requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (outcomes[i].accepted() && !core::IsDryRun(*requests[i].command)) {
      backend_.credentials.Follow(*requests[i].command);
    }
  }
  Leave();  // before the reply, so that a caller who waits for each finds room for the next
  Reply();
}

bool ApiSubmission::Result(std::size_t index, v1::CommandReply& reply, google::rpc::Status& refusal) {
  const core::Outcome& outcome = outcomes[index];
  if (outcome.reason != v1::REASON_UNSPECIFIED) {
    refusal = RefusalStatus(outcome.reason, outcome.variables);
    return false;
  }
  const v1::Command& command = *requests[index].command;
  reply.set_request_id(std::string(core::RequestIdOf(command)));
  reply.set_name(outcome.name);
  reply.set_first_sequence(static_cast<std::int64_t>(outcome.first_sequence));
  reply.set_last_sequence(static_cast<std::int64_t>(outcome.last_sequence));
  reply.set_repeated_request(outcome.repeated);
  SetTime(log_times[index], *reply.mutable_log_time());
  if (want_events) {
    for (const std::string& bytes : events[index]) {
      AddStored(reply, v1::CommandReply::kEventsFieldNumber, bytes);
    }
  }
  return true;
}

void ApiSubmission::Result(std::size_t index, v1::CommandResult& result) {
  google::rpc::Status refusal;
  if (!Result(index, *result.mutable_reply(), refusal)) {
    *result.mutable_status() = std::move(refusal);
  }
}

grpc::ServerUnaryReactor* StartWrite(Backend& backend, grpc::CallbackServerContext* context,
                                     const google::protobuf::Message& payload, v1::CommandReply* reply) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  std::shared_ptr<Identity> identity;
  grpc::Status status = Authenticate(*context, backend.credentials, identity);
  if (status.ok()) {
    status = ApiSubmission::Submit(
        std::make_unique<UnarySubmission>(backend, std::move(identity), payload, *reactor, *reply));
  }
  if (!status.ok()) {
    reactor->Finish(status);
  }
  return reactor;
}

grpc::ServerUnaryReactor* StartBatch(Backend& backend, grpc::CallbackServerContext* context,
                                     const v1::ExecuteBatchRequest& request, v1::ExecuteBatchResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  Caller caller;
  grpc::Status status = Admit(*context, backend.credentials, "ExecuteBatch", caller);
  const auto count = static_cast<std::size_t>(request.commands_size());
  if (status.ok() && (count == 0 || count > core::kBatchCommandsMax)) {
    status = Refuse(v1::REASON_BATCH_SIZE, {{"count", std::to_string(count)}});
  }
  if (status.ok()) {
    status = ApiSubmission::Submit(
        std::make_unique<BatchSubmission>(backend, std::move(caller.identity), request, *reactor, *response));
  }
  if (!status.ok()) {
    reactor->Finish(status);
  }
  return reactor;
}

}  // namespace escrow::api
