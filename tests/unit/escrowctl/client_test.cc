// The client against a server in this process that knows nothing of escrow: it answers what the test says.
#include "escrowctl/client.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

#include "escrow/v1/agreement_service.grpc.pb.h"
#include "escrow/v1/command_service.grpc.pb.h"
#include "escrow/v1/event_service.grpc.pb.h"
#include "escrowctl/errors.h"
#include "google/rpc/code.pb.h"
#include "google/rpc/error_details.pb.h"

namespace escrow::ctl {
namespace {

grpc::Status Refuse(grpc::StatusCode code, const std::string& reason) {
  google::rpc::Status status;
  status.set_code(code);
  status.set_message("no such agreement");
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("escrow.dev");
  (*info.mutable_metadata())["name"] = "a2";
  status.add_details()->PackFrom(info);
  return {code, status.message(), status.SerializeAsString()};
}

class FakeAgreements final : public v1::AgreementService::Service {
 public:
  grpc::Status GetAgreement(grpc::ServerContext* context, const v1::GetAgreementRequest* request,
                            v1::Agreement* agreement) override {
    const auto found = context->client_metadata().find("authorization");
    authorization =
        found == context->client_metadata().end() ? "" : std::string(found->second.data(), found->second.size());
    if (request->name() == "bare") {
      return {grpc::StatusCode::INTERNAL, "broken"};
    }
    if (request->name() == "slow") {
      while (!context->IsCancelled()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
    if (request->name() != "a1") {
      return Refuse(grpc::StatusCode::NOT_FOUND, "AGREEMENT_NOT_FOUND");
    }
    agreement->set_name("a1");
    return grpc::Status::OK;
  }

  // Three pages of one agreement each.
  grpc::Status ListAgreements(grpc::ServerContext*, const v1::ListAgreementsRequest* request,
                              v1::ListAgreementsResponse* response) override {
    const int page = request->page_token().empty() ? 0 : std::stoi(request->page_token());
    response->add_agreements()->set_name(std::to_string(page));
    if (page < 2) {
      response->set_next_page_token(std::to_string(page + 1));
    }
    return grpc::Status::OK;
  }

  std::string authorization;
};

class FakeEvents final : public v1::EventService::Service {
  grpc::Status StreamEvents(grpc::ServerContext* context, const v1::StreamEventsRequest* request,
                            grpc::ServerWriter<v1::StreamEventsResponse>* writer) override {
    for (std::uint64_t i = 1; !request->stop_at_end() || i <= 3; ++i) {
      v1::StreamEventsResponse response;
      response.add_events()->set_sequence(i);
      if (context->IsCancelled() || !writer->Write(response)) {
        return grpc::Status::CANCELLED;
      }
    }
    return grpc::Status::OK;
  }
};

class FakeCommands final : public v1::CommandService::Service {
  grpc::Status StreamCommands(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<v1::StreamCommandsResponse, v1::StreamCommandsRequest>* stream) override {
    v1::StreamCommandsRequest request;
    while (stream->Read(&request)) {
      v1::StreamCommandsResponse response;
      response.mutable_result()->mutable_reply()->set_name(request.command().accept_agreement().name());
      stream->Write(response);
    }
    return grpc::Status::OK;
  }
};

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&agreements_);
    builder.RegisterService(&events_);
    builder.RegisterService(&commands_);
    server_ = builder.BuildAndStart();
    options_.address = "127.0.0.1:" + std::to_string(port);
    options_.api_key = "secret";
    client_ = *Client::Connect(options_);
  }

  absl::Status Get(const std::string& name) {
    v1::GetAgreementRequest request;
    request.set_name(name);
    v1::Agreement agreement;
    return client_->Call(request, agreement);
  }

  FakeAgreements agreements_;
  FakeEvents events_;
  FakeCommands commands_;
  std::unique_ptr<grpc::Server> server_;
  ConnectionOptions options_;
  std::unique_ptr<Client> client_;
};

TEST_F(ClientTest, CallsWithTheKey) {
  EXPECT_TRUE(Get("a1").ok());
  EXPECT_EQ(agreements_.authorization, "Bearer secret");
  client_ = client_->As("other");
  EXPECT_TRUE(Get("a1").ok());
  EXPECT_EQ(agreements_.authorization, "Bearer other");
}

TEST_F(ClientTest, SaysReasonMessageAndHint) {
  const absl::Status status = Get("a2");
  EXPECT_EQ(ExitCodeOf(status), kExitRefused);
  std::ostringstream out;
  EXPECT_EQ(PrintError(status, false, out), kExitRefused);
  EXPECT_EQ(out.str(),
            "escrowctl: AGREEMENT_NOT_FOUND: no such agreement (name=a2)\n"
            "  hint: `escrowctl agreement list --parent platforms/...` lists the agreements.\n");
  std::ostringstream json;
  PrintError(status, true, json);
  EXPECT_NE(json.str().find("\"reason\":\"AGREEMENT_NOT_FOUND\""), std::string::npos) << json.str();
}

TEST_F(ClientTest, TellsUnknownOutcomesFromRefusals) {
  EXPECT_EQ(ExitCodeOf(Get("bare")), kExitUnknown);
  options_.timeout_seconds = 1;
  client_ = *Client::Connect(options_);
  const absl::Status slow = Get("slow");
  EXPECT_EQ(slow.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(ExitCodeOf(slow), kExitUnknown);
  server_->Shutdown();
  const absl::Status gone = Get("a1");
  EXPECT_EQ(gone.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ExitCodeOf(gone), kExitUnknown);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("a flag")), kExitUsage);
}

TEST_F(ClientTest, MergesAllPages) {
  v1::ListAgreementsResponse response;
  ASSERT_TRUE(client_->CallAllPages(v1::ListAgreementsRequest(), response).ok());
  ASSERT_EQ(response.agreements_size(), 3);
  EXPECT_EQ(response.agreements(2).name(), "2");
  EXPECT_TRUE(response.next_page_token().empty());
}

TEST_F(ClientTest, ReadsAStreamToItsEndOrUntilItHasEnough) {
  v1::StreamEventsRequest request;
  request.set_stop_at_end(true);
  int messages = 0;
  EXPECT_TRUE(client_->Stream(request, [&](const auto&) { return ++messages > 0; }).ok());
  EXPECT_EQ(messages, 3);
  request.set_stop_at_end(false);
  messages = 0;
  EXPECT_TRUE(client_->Stream(request, [&](const auto&) { return ++messages < 5; }).ok());
  EXPECT_GE(messages, 5);
}

TEST_F(ClientTest, ConversesInLockstep) {
  int sent = 0;
  const auto source = [&]() -> absl::StatusOr<std::unique_ptr<google::protobuf::Message>> {
    if (sent == 3) {
      return nullptr;
    }
    auto request = std::make_unique<v1::StreamCommandsRequest>();
    request->mutable_command()->mutable_accept_agreement()->set_name(std::to_string(sent++));
    return request;
  };
  std::string replies;
  ASSERT_TRUE(client_
                  ->Converse(MethodOf(*v1::StreamCommandsRequest::descriptor()), source,
                             [&](const google::protobuf::Message& message) {
                               replies +=
                                   static_cast<const v1::StreamCommandsResponse&>(message).result().reply().name();
                               return true;
                             })
                  .ok());
  EXPECT_EQ(replies, "012");
}

TEST(Connect, NamesAFileThatCannotBeRead) {
  ConnectionOptions options;
  options.ca_file = "/nowhere/ca.pem";
  const auto client = Client::Connect(options);
  ASSERT_FALSE(client.ok());
  EXPECT_EQ(ExitCodeOf(client.status()), kExitUsage);
  EXPECT_NE(std::string(client.status().message()).find("/nowhere/ca.pem"), std::string::npos);
}

}  // namespace
}  // namespace escrow::ctl
