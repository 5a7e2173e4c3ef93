#include "support/remote.h"

#include <utility>
#include <vector>

#include "base/assert.h"
#include "crypto/sha256.h"
#include "escrow/v1/command_service.grpc.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "support/commands.h"

namespace escrow::test {
namespace {

std::string ReasonIn(const google::rpc::Status& status) {
  google::rpc::ErrorInfo info;
  for (const google::protobuf::Any& detail : status.details()) {
    if (detail.UnpackTo(&info)) {
      return info.reason();
    }
  }
  return "";
}

v1::Command CreateKey(std::uint64_t number, const std::string& platform_id, const std::string& key) {
  v1::Command command;
  v1::CreateCredentialRequest& create = *command.mutable_create_credential();
  create.set_request_id(RequestId(number));
  create.set_credential_id(platform_id + "-key");
  *create.mutable_credential()->mutable_principal() = PlatformPrincipal(platform_id);
  const crypto::Digest digest = crypto::Sha256Of(key);
  create.mutable_credential()->set_api_key_sha256(std::string(digest.begin(), digest.end()));
  return command;
}

}  // namespace

std::string ReasonOf(const grpc::Status& status) {
  google::rpc::Status details;
  if (status.ok() || !details.ParseFromString(status.error_details())) {
    return status.ok() ? "OK" : "";
  }
  return ReasonIn(details);
}

Remote::Remote(const std::string& address, std::string key) : key_(std::move(key)) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);             // only the test sends a call again
  arguments.SetMaxReceiveMessageSize(-1);
  channel_ = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

void Remote::Prepare(grpc::ClientContext& context, std::chrono::microseconds deadline) const {
  context.set_deadline(std::chrono::system_clock::now() + deadline);
  if (!key_.empty()) {
    context.AddMetadata("authorization", "Bearer " + key_);
  }
}

grpc::Status Remote::Execute(const v1::Command& command, v1::CommandReply& reply,
                             std::chrono::microseconds deadline) const {
  v1::ExecuteBatchRequest request;
  *request.add_commands() = command;
  request.set_include_events(true);
  v1::ExecuteBatchResponse response;
  grpc::ClientContext context;
  Prepare(context, deadline);
  const grpc::Status status = v1::CommandService::NewStub(channel_)->ExecuteBatch(&context, request, &response);
  if (!status.ok()) {
    return status;
  }
  ESCROW_ASSERT(response.results_size() == 1);
  const v1::CommandResult& result = response.results(0);
  if (result.has_status()) {
    return {static_cast<grpc::StatusCode>(result.status().code()), result.status().message(),
            result.status().SerializeAsString()};
  }
  reply = result.reply();
  return grpc::Status::OK;
}

std::string SetUpShop(const ServerProcess& server, const std::string& platform_id, std::uint64_t first_request) {
  const std::string key = "the-key-of-a-platform-in-every-test-of-a-real-server-" + platform_id;
  const Remote operator_client(server.address(), server.OperatorKey());
  const Remote shop(server.address(), key);
  const std::vector<std::pair<const Remote*, v1::Command>> commands = {
      {&operator_client, CreatePlatform(first_request, platform_id)},
      {&operator_client, CreateKey(first_request + 1, platform_id, key)},
      {&shop, CreateParty(1, platform_id, "buyer")},
      {&shop, CreateParty(2, platform_id, "seller")},
  };
  for (const auto& [client, command] : commands) {
    v1::CommandReply reply;
    const grpc::Status status = client->Execute(command, reply);
    ESCROW_ASSERT(status.ok());
  }
  return key;
}

}  // namespace escrow::test
