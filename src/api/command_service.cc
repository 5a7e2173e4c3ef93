#include "api/command_service.h"

#include <memory>

#include "api/command_stream.h"
#include "api/read_call.h"
#include "api/refusal.h"
#include "api/stored.h"
#include "api/write_call.h"
#include "core/command.h"
#include "core/names.h"

namespace escrow::api {
namespace {

using grpc::CallbackServerContext;
using grpc::Status;

// Reads the events of the command whose first event is at `first`: it and those that it caused, one after the other.
Status ReadReply(const LogReader& log, std::uint64_t first, v1::CommandReply& reply) {
  v1::Event event;
  const Status status = log.Read(first, event);
  if (!status.ok()) {
    return status;
  }
  if (event.has_command_refused()) {
    Variables variables;
    for (const v1::Variable& variable : event.command_refused().variables()) {
      variables.emplace_back(variable.key(), variable.value());
    }
    return Refuse(event.command_refused().reason(), variables);
  }
  reply.set_request_id(std::string(core::RequestIdOf(event.command())));
  reply.set_name(core::ResourceNameOf(event.command()));
  reply.set_first_sequence(static_cast<std::int64_t>(first));
  *reply.mutable_log_time() = event.log_time();
  reply.set_repeated_request(true);
  const absl::Status read = log.journal().Read(first, [&](std::uint64_t sequence, std::string_view bytes) {
    v1::Event next;
    if (!next.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
        (sequence != first && next.cause_sequence() != first)) {
      return false;
    }
    AddStored(reply, v1::CommandReply::kEventsFieldNumber, bytes);
    reply.set_last_sequence(static_cast<std::int64_t>(sequence));
    return true;
  });
  return read.ok() ? Status::OK : LogFailure(read);
}

}  // namespace

grpc::ServerUnaryReactor* CommandService::ExecuteBatch(CallbackServerContext* context, const grpc::ByteBuffer* request,
                                                       grpc::ByteBuffer* response) {
  return StartBatch(backend_, context, *request, *response);
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* CommandService::StreamCommands(
    CallbackServerContext* context) {
  return StartCommandStream(backend_, context);
}

grpc::ServerUnaryReactor* CommandService::GetRequest(CallbackServerContext* context,
                                                     const v1::GetRequestRequest* request, v1::CommandReply* reply) {
  return StartRead(backend_, context, "GetRequest", [=](const Caller&, ReadSteps& steps) {
    if (!core::ParseRequestId(request->request_id())) {
      return Refuse(v1::REASON_INVALID_REQUEST_ID);
    }
    auto first = std::make_shared<std::uint64_t>();
    steps.look = [=](View& view) {
      *first = view.machine.FindRequest(view.caller.identity->principal, request->request_id());
      return *first == 0 ? Refuse(v1::REASON_REQUEST_NOT_FOUND, {{"request_id", request->request_id()}}) : Status::OK;
    };
    steps.fetch = [=](const LogReader& log) { return ReadReply(log, *first, *reply); };
    return Status::OK;
  });
}

}  // namespace escrow::api
