#include <thread>

#include "integration/harness.h"
#include "unit/core/world.h"

// Goal: one request id has one effect; batches and streams do what their single commands would.
namespace escrow::test {
namespace {

using core::test::Contract;
using core::test::Create;
using core::test::CreateParty;
using core::test::Deposit;
using core::test::DryRun;
using core::test::Release;
using core::test::Step;
using core::test::With;
using Commands = v1::CommandService::Stub;
using Reasons = std::vector<std::string>;

std::int64_t LastSequence(Client& client) {
  return client.Must(&v1::OperationsService::Stub::GetServerStatus, v1::GetServerStatusRequest()).applied_sequence();
}

class CommandTest : public testing::Test {
 protected:
  std::string GetRequest(const std::string& request_id) {
    v1::GetRequestRequest request;
    request.set_request_id(request_id);
    return client_.Try(&Commands::GetRequest, request);
  }

  Shop shop_;
  Client& client_ = shop_.shop();
};

TEST_F(CommandTest, ARepeatedRequestGetsItsFirstReplyAgain) {
  const v1::Command command = With(Create("a", Contract({Step("m1", 5)})), "request_id", NewRequestId());
  const v1::CommandReply first = client_.MustRun(command);
  const std::int64_t last = LastSequence(client_);
  v1::CommandReply again = client_.MustRun(command);
  EXPECT_EQ(LastSequence(client_), last);
  EXPECT_TRUE(again.repeated_request());
  again.set_repeated_request(false);
  EXPECT_EQ(again.SerializeAsString(), first.SerializeAsString());
  v1::GetRequestRequest request;
  request.set_request_id(first.request_id());
  v1::CommandReply stored = client_.Must(&Commands::GetRequest, request);
  stored.set_repeated_request(false);
  EXPECT_EQ(stored.SerializeAsString(), first.SerializeAsString());
  // Another principal has request ids of its own.
  EXPECT_EQ(shop_.root().Try(&Commands::GetRequest, request), "REQUEST_NOT_FOUND");
}

// What a newer client says about money is refused, not dropped in silence: in unary calls, batches and streams alike.
TEST_F(CommandTest, AnUnknownFieldIsRefused) {
  const std::int64_t last = LastSequence(client_);
  v1::Command command = Create("a", Contract({Step("m1", 5)}));
  v1::Milestone& step = *command.mutable_create_agreement()->mutable_agreement()->mutable_milestones(0);
  step.GetReflection()->MutableUnknownFields(&step)->AddVarint(99, 1);
  v1::CommandReply reply;
  const grpc::Status status = client_.Execute(command, reply);
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  EXPECT_NE(status.error_details().find("create_agreement.agreement.milestones[0].#99"), std::string::npos);
  v1::ExecuteBatchRequest batch;
  *batch.add_commands() = command;
  EXPECT_EQ(client_.Try(&Commands::ExecuteBatch, batch), "INVALID_FIELD");
  EXPECT_EQ(LastSequence(client_), last);
}

TEST_F(CommandTest, ARequestIdCannotBeUsedForSomethingElse) {
  const std::string id = NewRequestId();
  client_.MustRun(With(CreateParty("x"), "request_id", id));
  v1::CommandReply reply;
  const grpc::Status status = client_.Execute(With(CreateParty("y"), "request_id", id), reply);
  EXPECT_EQ(ReasonOf(status), "REQUEST_ID_REUSED");
  EXPECT_NE(status.error_details().find("party_id"), std::string::npos) << "the first field that differs is named";
}

TEST_F(CommandTest, ARefusalThatCouldHaveSucceededBurnsItsId) {
  const v1::Command early = With(Deposit("a", 5, "d"), "request_id", NewRequestId());
  EXPECT_EQ(client_.Run(early), "AGREEMENT_NOT_FOUND");
  client_.MustRun(Create("a", Contract({Step("m1", 5)})));
  EXPECT_EQ(client_.Run(early), "REQUEST_ID_BURNT");
  EXPECT_EQ(GetRequest(early.record_deposit().request_id()), "AGREEMENT_NOT_FOUND");
  EXPECT_EQ(GetRequest(NewRequestId()), "REQUEST_NOT_FOUND");
  EXPECT_EQ(GetRequest("7"), "INVALID_REQUEST_ID");
}

TEST_F(CommandTest, ADryRunShowsAndChangesNothing) {
  const std::int64_t before = LastSequence(client_);
  const v1::Command command = Create("a", Contract({Step("m1", 5)}));
  const v1::CommandReply dry = client_.MustRun(DryRun(command));
  EXPECT_EQ(dry.first_sequence(), 0);
  EXPECT_GE(dry.events_size(), 1);
  EXPECT_EQ(LastSequence(client_), before);
  v1::Command credential = core::test::CreateKey("dry", core::test::OfPlatform(), 'k');
  client_.MustRun(DryRun(credential));
  EXPECT_EQ(shop_.Connect(std::string(32, 'k')).Try(&v1::OperationsService::Stub::WhoAmI, v1::WhoAmIRequest()),
            "UNAUTHENTICATED");
  client_.MustRun(command);
}

TEST_F(CommandTest, BatchesAreIndependentOrAtomic) {
  const std::vector<v1::Command> commands = {CreateParty("x"), CreateParty("X"), CreateParty("y")};
  EXPECT_EQ(client_.RunBatch(commands, true), (Reasons{"BATCH_ABORTED", "INVALID_NAME", "BATCH_ABORTED"}));
  EXPECT_EQ(client_.RunBatch(commands, false), (Reasons{"OK", "INVALID_NAME", "OK"}));
  EXPECT_EQ(client_.RunBatch({CreateParty("v"), CreateParty("w")}, true), (Reasons{"OK", "OK"}));
  EXPECT_EQ(client_.RunBatch({v1::Command()}, false), Reasons{"EMPTY_COMMAND"});
  EXPECT_EQ(client_.RunBatch({}, false), Reasons{"BATCH_SIZE"});
  EXPECT_EQ(client_.RunBatch(std::vector<v1::Command>(1'025, CreateParty("x")), true), Reasons{"BATCH_SIZE"});
  EXPECT_EQ(client_.RunBatch(std::vector<v1::Command>(1'024, CreateParty("x")), false), Reasons(1'024, "PARTY_EXISTS"));
}

TEST_F(CommandTest, ABatchHasEventsWhenAskedFor) {
  v1::ExecuteBatchRequest request;
  *request.add_commands() = With(CreateParty("x"), "request_id", NewRequestId());
  request.set_include_events(true);
  const auto with = client_.Must(&Commands::ExecuteBatch, request);
  EXPECT_EQ(with.results(0).reply().events_size(), 1);
  request.set_include_events(false);
  const auto without = client_.Must(&Commands::ExecuteBatch, request);
  EXPECT_EQ(without.results(0).reply().events_size(), 0);
  EXPECT_TRUE(without.results(0).reply().repeated_request());
  EXPECT_EQ(without.results(0).reply().first_sequence(), with.results(0).reply().first_sequence());
  EXPECT_EQ(without.results(0).reply().log_time().seconds(), with.results(0).reply().log_time().seconds());
}

// The client writes far more than the server may hold before it reads: the server stops reading, and loses nothing.
TEST_F(CommandTest, AStreamRepliesInOrderHoweverLateItIsRead) {
  constexpr int kCount = 5'000;
  grpc::ClientContext context;
  client_.Prepare(context);
  const auto stream = client_.stub<v1::CommandService>().StreamCommands(&context);
  std::atomic<int> written = 0;
  std::thread writer([&] {
    for (int i = 0; i < kCount; ++i) {
      v1::StreamCommandsRequest request;
      *request.mutable_command() = With(CreateParty("p" + std::to_string(i % 4'000)), "request_id", NewRequestId());
      ASSERT_TRUE(stream->Write(request));
      ++written;
    }
    stream->WritesDone();
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(client_.Run(CreateParty("beside")), "OK") << "others are not held up";
  v1::StreamCommandsResponse response;
  for (int i = 0; i < kCount; ++i) {
    ASSERT_TRUE(stream->Read(&response));
    const v1::CommandResult& result = response.result();
    if (i < 4'000) {
      ASSERT_EQ(result.reply().name(), PartyName("p" + std::to_string(i)));
    } else {
      ASSERT_EQ(ReasonOf(result.status()), "PARTY_EXISTS");
    }
  }
  EXPECT_FALSE(stream->Read(&response));
  writer.join();
  EXPECT_EQ(ReasonOf(stream->Finish()), "OK");
}

// Text that is not UTF-8 makes no message. Nothing of it is done, and a stream goes on.
TEST_F(CommandTest, WhatIsNoMessageIsRefused) {
  const std::int64_t last = LastSequence(client_);
  const v1::Command bad = With(CreateParty("x"), "request_id", "\xff");
  EXPECT_EQ(client_.Run(bad), "INVALID_FIELD");
  EXPECT_EQ(client_.RunBatch({CreateParty("y"), bad}, false), Reasons{"INVALID_FIELD"});
  EXPECT_EQ(LastSequence(client_), last);
  grpc::ClientContext context;
  client_.Prepare(context);
  const auto stream = client_.stub<v1::CommandService>().StreamCommands(&context);
  for (const v1::Command& command : {bad, With(CreateParty("z"), "request_id", NewRequestId())}) {
    v1::StreamCommandsRequest request;
    *request.mutable_command() = command;
    ASSERT_TRUE(stream->Write(request));
  }
  stream->WritesDone();
  v1::StreamCommandsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(ReasonOf(response.result().status()), "INVALID_FIELD");
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.result().reply().name(), PartyName("z"));
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(ReasonOf(stream->Finish()), "OK");
}

TEST_F(CommandTest, AStreamWhoseClientGoesIsForgotten) {
  for (int i = 0; i < 20; ++i) {
    grpc::ClientContext context;
    client_.Prepare(context);
    const auto stream = client_.stub<v1::CommandService>().StreamCommands(&context);
    v1::StreamCommandsRequest request;
    for (int j = 0; j < i * 10; ++j) {
      *request.mutable_command() =
          With(CreateParty("p" + std::to_string(i) + "-" + std::to_string(j)), "request_id", NewRequestId());
      stream->Write(request);
    }
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  EXPECT_EQ(client_.Run(CreateParty("after")), "OK");
}

// A deadline says nothing about the outcome; the request id does.
TEST_F(CommandTest, AfterADeadlineTheSameIdTells) {
  const v1::Command command = With(CreateParty("slow"), "request_id", NewRequestId());
  shop_.journal().CloseGate();
  {
    grpc::ClientContext context;
    client_.Prepare(context);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
    v1::CommandReply reply;
    EXPECT_EQ(client_.stub<v1::PlatformService>().CreateParty(&context, command.create_party(), &reply).error_code(),
              grpc::StatusCode::DEADLINE_EXCEEDED);
  }
  shop_.journal().OpenGate();
  EXPECT_TRUE(client_.MustRun(command).repeated_request());
}

}  // namespace
}  // namespace escrow::test
