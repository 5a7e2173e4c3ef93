#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "integration/harness.h"
#include "unit/core/world.h"

// Goal: a connection that nobody uses is closed, one that somebody uses is not, however quiet they are.
namespace escrow::test {
namespace {

using core::test::CreateParty;
using std::chrono::milliseconds;

constexpr milliseconds kIdle{3'000};
constexpr milliseconds kTwiceAndMore{7'500};
constexpr milliseconds kLongEnough{60'000};
// As often as gRPC's client does it at most.
constexpr int kPingEveryMs = 1'000;

std::chrono::system_clock::time_point In(milliseconds time) { return std::chrono::system_clock::now() + time; }

// Whether a connection that is there goes until `time`.
bool Goes(grpc::Channel& channel, std::chrono::system_clock::time_point time) {
  EXPECT_EQ(channel.GetState(false), GRPC_CHANNEL_READY);
  return channel.WaitForStateChange(GRPC_CHANNEL_READY, time);
}

std::shared_ptr<grpc::Channel> ConnectWithPings(int port) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kPingEveryMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  const auto channel =
      grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials(), arguments);
  EXPECT_TRUE(channel->WaitForConnected(In(kLongEnough)));
  return channel;
}

// All three at once, since it takes time.
TEST(IdleTest, ACallOrAPingIsUse) {
  HarnessOptions options;
  options.server.idle_time = kIdle;
  Shop shop(options);
  Client& unused = shop.shop();
  Client& follower = shop.party("buyer");
  grpc::ClientContext context;
  follower.Prepare(context);
  v1::StreamEventsRequest request;
  request.mutable_event_filter()->set_platform("platforms/shop");
  const auto events = follower.stub<v1::EventService>().StreamEvents(&context, request);
  EXPECT_EQ(follower.Try(&v1::OperationsService::Stub::GetServerStatus, v1::GetServerStatusRequest()), "OK");
  // Nor is a client told to calm down that asks often whether its connection is there.
  const std::shared_ptr<grpc::Channel> pings = ConnectWithPings(shop.server().port());

  const auto then = In(kTwiceAndMore);
  EXPECT_FALSE(Goes(*pings, then));
  EXPECT_FALSE(Goes(*follower.channel(), In(milliseconds(0))));
  EXPECT_TRUE(unused.channel()->WaitForStateChange(GRPC_CHANNEL_READY, In(kLongEnough)));
  EXPECT_EQ(unused.Run(CreateParty("after")), "OK") << "clients connect again by themselves";
}

}  // namespace
}  // namespace escrow::test
