#include "api/write_call.h"

#include "api/caller.h"
#include "api/refusal.h"
#include "api/stored.h"
#include "api/unknown_fields.h"
#include "api/wire.h"
#include "base/assert.h"
#include "core/command.h"
#include "core/limits.h"
#include "grpcpp/server_context.h"

namespace escrow::api {
namespace {

// Most requests fit into the first block of their arena, a command that creates an agreement with three milestones too.
constexpr std::size_t kArenaBlockBytes = 4'096;

// Most commands have two or three events, which fit into so many bytes together.
constexpr std::size_t kEventsBytesUsual = 1'000;

google::protobuf::ArenaOptions RequestArena() {
  google::protobuf::ArenaOptions options;
  options.start_block_size = kArenaBlockBytes;
  return options;
}

class UnarySubmission final : public ApiSubmission {
 public:
  UnarySubmission(Backend& backend, std::shared_ptr<Identity> identity, grpc::ServerUnaryReactor& reactor,
                  grpc::ByteBuffer& reply)
      : ApiSubmission(backend, std::move(identity)), reactor_(reactor), reply_(reply) {
    want_events = true;
  }

  // Takes the request, the value of the field `payload`.
  [[nodiscard]] grpc::Status Take(const google::protobuf::FieldDescriptor& payload, const grpc::ByteBuffer& request) {
    auto& command = *google::protobuf::Arena::CreateMessage<v1::Command>(&arena);
    Add(command);
    return Parse(request, *v1::Command::GetReflection()->MutableMessage(&command, &payload));
  }

 private:
  void Reply() override {
    google::rpc::Status refusal;
    std::string bytes;
    const bool done = Result(0, bytes, refusal);
    if (done) {
      reply_ = ToBuffer(bytes);
    }
    reactor_.Finish(done ? grpc::Status::OK : ToGrpc(refusal));
  }

  grpc::ServerUnaryReactor& reactor_;  // gRPC keeps the call, with its reply, until it is finished
  grpc::ByteBuffer& reply_;
};

class BatchSubmission final : public ApiSubmission {
 public:
  BatchSubmission(Backend& backend, std::shared_ptr<Identity> identity, grpc::ServerUnaryReactor& reactor,
                  grpc::ByteBuffer& response)
      : ApiSubmission(backend, std::move(identity)), reactor_(reactor), response_(response) {}

  [[nodiscard]] grpc::Status Take(const grpc::ByteBuffer& bytes) {
    auto& request = *google::protobuf::Arena::CreateMessage<v1::ExecuteBatchRequest>(&arena);
    if (grpc::Status status = Parse(bytes, request); !status.ok()) {
      return status;
    }
    const auto count = static_cast<std::size_t>(request.commands_size());
    if (count == 0 || count > core::kBatchCommandsMax) {
      return Refuse(v1::REASON_BATCH_SIZE, {{"count", std::to_string(count)}});
    }
    requests.reserve(count);
    for (const v1::Command& command : request.commands()) {
      Add(command);
    }
    atomic = request.atomic();
    want_events = request.include_events();
    return grpc::Status::OK;
  }

 private:
  void Reply() override {
    std::string bytes;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      AppendResult(i, v1::ExecuteBatchResponse::kResultsFieldNumber, bytes);
    }
    response_ = ToBuffer(bytes);
    reactor_.Finish(grpc::Status::OK);
  }

  grpc::ServerUnaryReactor& reactor_;
  grpc::ByteBuffer& response_;
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

const google::protobuf::FieldDescriptor& PayloadField(const google::protobuf::Descriptor& payload) {
  const google::protobuf::OneofDescriptor& oneof = *v1::Command::descriptor()->oneof_decl(0);
  for (int i = 0; i < oneof.field_count(); ++i) {
    if (oneof.field(i)->message_type() == &payload) {
      return *oneof.field(i);
    }
  }
  base::AssertFailed("the message is the payload of a command", __FILE__, __LINE__);
}

ApiSubmission::ApiSubmission(Backend& backend, std::shared_ptr<Identity> identity)
    : arena(RequestArena()), backend_(backend), identity_(std::move(identity)) {}

ApiSubmission::~ApiSubmission() { Leave(); }

void ApiSubmission::Leave() {
  identity_->commands_in_flight -= admitted_;
  admitted_ = 0;
}

grpc::Status ApiSubmission::Parse(const grpc::ByteBuffer& bytes, google::protobuf::Message& message) {
  return api::Parse(bytes, message, all_fields_are_known_);
}

void ApiSubmission::Add(const v1::Command& command) {
  requests.push_back({.command = &command, .actor = &identity_->principal});
}

grpc::Status ApiSubmission::Submit(std::unique_ptr<ApiSubmission> submission) {
  for (const core::Request& request : submission->requests) {
    if (!submission->all_fields_are_known_) {
      if (const std::string field = FindUnknownField(*request.command); !field.empty()) {
        return Refuse(v1::REASON_INVALID_FIELD, {{"field", field}});
      }
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

void ApiSubmission::AddEvent(std::size_t index, std::string_view bytes) {
  events_.resize(requests.size());
  if (events_[index].empty()) {
    events_[index].reserve(kEventsBytesUsual);
  }
  AppendField(v1::CommandReply::kEventsFieldNumber, bytes, events_[index]);
}

std::string_view ApiSubmission::Events(std::size_t index) const {
  return events_.empty() ? std::string_view() : std::string_view(events_[index]);
}

bool ApiSubmission::ResultHead(std::size_t index, v1::CommandReply& reply, google::rpc::Status& refusal) const {
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
  return true;
}

bool ApiSubmission::Result(std::size_t index, v1::CommandReply& reply, google::rpc::Status& refusal) const {
  if (!ResultHead(index, reply, refusal)) {
    return false;
  }
  // Sent as they are; see AddStored.
  ESCROW_ASSERT(reply.GetReflection()->MutableUnknownFields(&reply)->ParseFromString(std::string(Events(index))));
  return true;
}

bool ApiSubmission::Result(std::size_t index, std::string& reply, google::rpc::Status& refusal) const {
  v1::CommandReply head;
  if (!ResultHead(index, head, refusal)) {
    return false;
  }
  reply.reserve(head.ByteSizeLong() + Events(index).size());
  head.AppendToString(&reply);
  reply += Events(index);
  return true;
}

void ApiSubmission::AppendResult(std::size_t index, int number, std::string& out) const {
  google::rpc::Status refusal;
  std::string value;
  const bool done = Result(index, value, refusal);
  if (!done) {
    value = refusal.SerializeAsString();
  }
  const int field = done ? v1::CommandResult::kReplyFieldNumber : v1::CommandResult::kStatusFieldNumber;
  AppendFieldHead(number, FieldHeadSize(field, value.size()) + value.size(), out);
  AppendField(field, value, out);
}

grpc::ServerUnaryReactor* StartWrite(Backend& backend, grpc::CallbackServerContext* context,
                                     const google::protobuf::FieldDescriptor& payload, const grpc::ByteBuffer& request,
                                     grpc::ByteBuffer& reply) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  std::shared_ptr<Identity> identity;
  grpc::Status status = Authenticate(*context, backend.credentials, identity);
  if (status.ok()) {
    auto submission = std::make_unique<UnarySubmission>(backend, std::move(identity), *reactor, reply);
    status = submission->Take(payload, request);
    if (status.ok()) {
      status = ApiSubmission::Submit(std::move(submission));
    }
  }
  if (!status.ok()) {
    reactor->Finish(status);
  }
  return reactor;
}

grpc::ServerUnaryReactor* StartBatch(Backend& backend, grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer& request, grpc::ByteBuffer& response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  Caller caller;
  grpc::Status status = Admit(*context, backend.credentials, "ExecuteBatch", caller);
  if (status.ok()) {
    auto submission = std::make_unique<BatchSubmission>(backend, std::move(caller.identity), *reactor, response);
    status = submission->Take(request);
    if (status.ok()) {
      status = ApiSubmission::Submit(std::move(submission));
    }
  }
  if (!status.ok()) {
    reactor->Finish(status);
  }
  return reactor;
}

}  // namespace escrow::api
