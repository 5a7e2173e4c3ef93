#include "bench/calls.h"

#include <algorithm>
#include <string>

#include "base/assert.h"
#include "echo.pb.h"
#include "escrow/v1/command_reply.pb.h"
#include "escrow/v1/command_service.pb.h"
#include "grpcpp/support/proto_buffer_reader.h"

namespace escrow::bench {
namespace {

grpc::ByteBuffer Bytes(const google::protobuf::MessageLite& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return {&slice, 1};
}

Call UnaryCall(const v1::Command& command) {
  switch (command.payload_case()) {
    case v1::Command::kCreateAgreement:
      return {"/escrow.v1.AgreementService/CreateAgreement", Bytes(command.create_agreement())};
    case v1::Command::kRecordDeposit:
      return {"/escrow.v1.AgreementService/RecordDeposit", Bytes(command.record_deposit())};
    case v1::Command::kConfirmMilestone:
      return {"/escrow.v1.AgreementService/ConfirmMilestone", Bytes(command.confirm_milestone())};
    default:
      break;  // no lifecycle has another
  }
  base::AssertFailed("a command of a lifecycle", __FILE__, __LINE__);
}

template <class Message>
Message Parse(grpc::ByteBuffer bytes) {
  Message message;
  grpc::ProtoBufferReader reader(&bytes);
  ESCROW_ASSERT(message.ParseFromZeroCopyStream(&reader));
  return message;
}

}  // namespace

std::vector<Chain> UnaryCalls(const std::vector<std::vector<v1::Command>>& chains) {
  std::vector<Chain> calls(chains.size());
  for (std::size_t i = 0; i < chains.size(); ++i) {
    for (const v1::Command& command : chains[i]) {
      calls[i].push_back(UnaryCall(command));
    }
  }
  return calls;
}

std::vector<Chain> StreamCalls(const std::vector<std::vector<v1::Command>>& chains) {
  std::vector<Chain> calls(chains.size());
  for (std::size_t i = 0; i < chains.size(); ++i) {
    for (const v1::Command& command : chains[i]) {
      v1::StreamCommandsRequest request;
      *request.mutable_command() = command;
      calls[i].push_back({"/escrow.v1.CommandService/StreamCommands", Bytes(request)});
    }
  }
  return calls;
}

std::vector<Chain> BatchCalls(const std::vector<std::vector<v1::Command>>& chains, std::size_t batch) {
  std::vector<Chain> calls(chains.size());
  for (std::size_t i = 0; i < chains.size(); ++i) {
    for (std::size_t first = 0; first < chains[i].size(); first += batch) {
      v1::ExecuteBatchRequest request;
      const std::size_t end = std::min(first + batch, chains[i].size());
      for (std::size_t j = first; j < end; ++j) {
        *request.add_commands() = chains[i][j];
      }
      calls[i].push_back({"/escrow.v1.CommandService/ExecuteBatch", Bytes(request)});
    }
  }
  return calls;
}

std::vector<Chain> EchoCalls(const std::vector<Chain>& chains) {
  std::vector<Chain> calls(chains.size());
  for (std::size_t i = 0; i < chains.size(); ++i) {
    for (const Call& call : chains[i]) {
      EchoMessage message;
      message.set_payload(std::string(call.request.Length(), 'e'));
      calls[i].push_back({"/escrow.bench.EchoService/Echo", Bytes(message)});
    }
  }
  return calls;
}

std::size_t CountCalls(const std::vector<Chain>& chains) {
  std::size_t count = 0;
  for (const Chain& chain : chains) {
    count += chain.size();
  }
  return count;
}

std::uint64_t CheckBatchReplies(const std::vector<grpc::ByteBuffer>& bodies) {
  std::uint64_t commands = 0;
  for (const grpc::ByteBuffer& body : bodies) {
    const auto response = Parse<v1::ExecuteBatchResponse>(body);
    for (const v1::CommandResult& result : response.results()) {
      ESCROW_ASSERT(result.has_reply() && !result.reply().repeated_request());
      ++commands;
    }
  }
  return commands;
}

std::uint64_t CheckStreamReplies(const std::vector<grpc::ByteBuffer>& bodies) {
  for (const grpc::ByteBuffer& body : bodies) {
    const auto response = Parse<v1::StreamCommandsResponse>(body);
    ESCROW_ASSERT(response.result().has_reply() && !response.result().reply().repeated_request());
  }
  return bodies.size();
}

std::uint64_t EventBytes(const std::vector<grpc::ByteBuffer>& bodies) {
  std::uint64_t bytes = 0;
  for (const grpc::ByteBuffer& body : bodies) {
    const auto reply = Parse<v1::CommandReply>(body);
    for (const v1::Event& event : reply.events()) {
      bytes += event.ByteSizeLong();
    }
  }
  return bytes;
}

}  // namespace escrow::bench
