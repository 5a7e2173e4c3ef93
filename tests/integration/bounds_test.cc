#include <future>
#include <thread>

#include "api/listen_address.h"
#include "google/rpc/error_details.pb.h"
#include "integration/harness.h"
#include "unit/core/world.h"

// Goal: what happens at the bounds of the server: too much load, no disk, the end, a damaged log.
namespace escrow::test {
namespace {

using core::test::Contract;
using core::test::Create;
using core::test::CreateParty;
using core::test::Step;
using Operations = v1::OperationsService::Stub;

TEST(BoundsTest, TooManyCommandsInFlight) {
  HarnessOptions options;
  options.engine.inflight_commands_max = 1'024;
  Shop shop(options);
  Client& client = shop.shop();
  shop.journal().CloseGate();
  auto batch = std::async(std::launch::async, [&] {
    std::vector<v1::Command> commands;
    for (int i = 0; i < 1'024; ++i) {
      commands.push_back(CreateParty("p" + std::to_string(i)));
    }
    return client.RunBatch(commands, false);
  });
  shop.journal().AwaitAppendAtGate();
  v1::CommandReply reply;
  const grpc::Status status = client.Execute(CreateParty("one-more"), reply);
  shop.journal().OpenGate();
  EXPECT_EQ(ReasonOf(status), "OVERLOADED");
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  ASSERT_EQ(details.details_size(), 2);
  google::rpc::RetryInfo retry;
  EXPECT_TRUE(details.details(1).UnpackTo(&retry));
  EXPECT_EQ(batch.get(), std::vector<std::string>(1'024, "OK"));
  // The engine counts a command until after its reply has left.
  std::string again = "OVERLOADED";
  for (int i = 0; i < 1'000 && again == "OVERLOADED"; ++i) {
    again = client.Run(CreateParty("one-more"));
  }
  EXPECT_EQ(again, "OK");
}

// One credential cannot take the whole engine.
TEST(BoundsTest, TooManyCommandsOfOneCredential) {
  HarnessOptions options;
  options.server.inflight_per_credential_max = 1'024;
  Shop shop(options);
  shop.journal().CloseGate();
  auto batch = std::async(std::launch::async, [&] {
    return shop.shop().RunBatch(std::vector<v1::Command>(1'024, CreateParty("p")), false);
  });
  shop.journal().AwaitAppendAtGate();
  EXPECT_EQ(shop.shop().Run(CreateParty("q")), "OVERLOADED");
  auto other = std::async(std::launch::async, [&] { return shop.root().Run(core::test::CreatePlatform("other")); });
  EXPECT_EQ(other.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout) << "taken, and waits";
  shop.journal().OpenGate();
  EXPECT_EQ(other.get(), "OK");
  EXPECT_EQ(batch.get().size(), 1'024U);
  EXPECT_EQ(shop.shop().Run(CreateParty("q")), "OK");
}

TEST(BoundsTest, AFullDiskStopsWritesAndNotReads) {
  Shop shop;
  shop.journal().SetFreeBytes(0);
  std::string reason;
  for (int i = 0; i < 300 && reason != "DISK_ALMOST_FULL"; ++i) {
    reason = shop.shop().Run(CreateParty("p" + std::to_string(i)));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(reason, "DISK_ALMOST_FULL");
  const v1::ServerStatus status = shop.shop().Must(&Operations::GetServerStatus, v1::GetServerStatusRequest());
  EXPECT_FALSE(status.accepts_writes());
  EXPECT_EQ(status.disk_free_bytes(), 0);
}

TEST(BoundsTest, ALargeCommandAndALargerMessage) {
  Shop shop;
  v1::Command command = Create("a", Contract({Step("m1", 5)}));
  command.mutable_create_agreement()->mutable_agreement()->set_external_reference(std::string(40'000, 'x'));
  EXPECT_EQ(shop.shop().Run(command), "MESSAGE_TOO_LARGE");
  // More than gRPC takes: it ends the call by itself, before any of our code.
  command.mutable_create_agreement()->mutable_agreement()->set_external_reference(std::string(5 << 20, 'x'));
  v1::CommandReply reply;
  const grpc::Status status = shop.shop().Execute(command, reply);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(status.error_details(), "");
  EXPECT_EQ(shop.shop().Run(CreateParty("after")), "OK");
}

TEST(BoundsTest, Draining) {
  Shop shop;
  Client& client = shop.shop();
  grpc::ClientContext following;
  client.Prepare(following);
  v1::StreamEventsRequest request;
  request.mutable_event_filter()->set_platform("platforms/shop");
  const auto events = client.stub<v1::EventService>().StreamEvents(&following, request);
  v1::StreamEventsResponse message;
  ASSERT_TRUE(events->Read(&message));
  grpc::ClientContext commanding;
  client.Prepare(commanding);
  const auto commands = client.stub<v1::CommandService>().StreamCommands(&commanding);
  v1::StreamCommandsRequest command;
  *command.mutable_command() = core::test::With(CreateParty("last"), "request_id", NewRequestId());
  ASSERT_TRUE(commands->Write(command));
  v1::StreamCommandsResponse response;
  ASSERT_TRUE(commands->Read(&response));
  // The engine first, so that calls can still be made: new work is refused.
  shop.engine().Drain();
  EXPECT_EQ(client.Run(CreateParty("late")), "DRAINING");
  EXPECT_EQ(client.Try(&v1::PlatformService::Stub::ListPlatforms, v1::ListPlatformsRequest()), "DRAINING");
  shop.server().Drain(std::chrono::seconds(10));
  while (events->Read(&message)) {
  }
  EXPECT_EQ(ReasonOf(events->Finish()), "DRAINING");
  EXPECT_FALSE(commands->Read(&response));
  EXPECT_EQ(ReasonOf(commands->Finish()), "DRAINING");
}

// Accepted work is answered although the server stops.
TEST(BoundsTest, DrainingFinishesWhatWasAccepted) {
  Shop shop;
  shop.journal().CloseGate();
  auto write = std::async(std::launch::async, [&] { return shop.shop().Run(CreateParty("p")); });
  shop.journal().AwaitAppendAtGate();
  std::thread drain([&] { shop.server().Drain(std::chrono::seconds(10)); });
  EXPECT_EQ(write.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  shop.journal().OpenGate();
  EXPECT_EQ(write.get(), "OK");
  drain.join();
}

TEST(BoundsTest, AStateSurvivesARestart) {
  Shop shop({.tls = false, .rocks = true, .engine = {}, .server = {}});
  shop.shop().MustRun(Create("a", Contract({Step("m1", 5)})));
  v1::GetServerStatusRequest request;
  request.set_include_digest(true);
  const std::string digest = shop.root().Must(&Operations::GetServerStatus, request).state_digest();
  shop.Restart();
  EXPECT_EQ(shop.root().Must(&Operations::GetServerStatus, request).state_digest(), digest);
}

// A log that was changed behind the running state: a replay finds it and says where.
TEST(BoundsTest, AReplayOfADamagedLogFails) {
  Shop shop;
  shop.journal().ChangeEvent(3, [](std::string& bytes) { bytes[0] = '\xff'; });
  grpc::ClientContext context;
  shop.root().Prepare(context);
  const auto stream = shop.root().stub<v1::OperationsService>().VerifyReplay(&context, v1::VerifyReplayRequest());
  v1::VerifyReplayResponse message;
  while (stream->Read(&message)) {
    EXPECT_FALSE(message.done());
  }
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DATA_LOSS);
  EXPECT_NE(status.error_message().find('3'), std::string::npos) << status.error_message();
}

TEST(BoundsTest, ReplaysAreForThoseWhoReadAll) {
  Shop shop;
  grpc::ClientContext context;
  shop.shop().Prepare(context);
  const auto stream = shop.shop().stub<v1::OperationsService>().VerifyReplay(&context, v1::VerifyReplayRequest());
  EXPECT_EQ(ReasonOf(stream->Finish()), "PERMISSION_DENIED");
}

TEST(BoundsTest, OnlyLoopbackIsServedInClear) {
  Shop shop;
  for (const std::string listen : {"0.0.0.0:0", "[::]:0", "192.0.2.1:1", "127.0.0.1.example.com:1", "example.com:1"}) {
    api::ServerOptions options;
    options.listen = listen;
    EXPECT_EQ(api::Server::Start(options, shop.engine(), nullptr).status().code(), absl::StatusCode::kInvalidArgument)
        << listen;
  }
  for (const std::string listen : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", ":1", "::1:1", "127.0.0.1:1x"}) {
    EXPECT_FALSE(api::ParseListenAddress(listen).ok()) << listen;
  }
  for (const std::string listen : {"127.0.0.1:0", "127.1.2.3:9", "[::1]:7443", "localhost:1"}) {
    EXPECT_TRUE(api::ParseListenAddress(listen)->loopback) << listen;
  }
  api::ServerOptions taken;
  taken.listen = "127.0.0.1:" + std::to_string(shop.server().port());
  EXPECT_EQ(api::Server::Start(taken, shop.engine(), nullptr).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace escrow::test
