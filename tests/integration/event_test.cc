#include <future>
#include <thread>

#include "integration/harness.h"
#include "unit/core/world.h"

// Goal: the log as it is read and followed: complete, in order, from any position, and whoever does not read hurts
// nobody.
namespace escrow::test {
namespace {

using core::test::Contract;
using core::test::Create;
using core::test::CreateParty;
using core::test::Deposit;
using core::test::Step;
using Events = v1::EventService::Stub;

// A stream as a client holds it.
class Tail {
 public:
  Tail(Client& client, const v1::StreamEventsRequest& request) {
    client.Prepare(context_);
    stream_ = client.stub<v1::EventService>().StreamEvents(&context_, request);
  }

  // The next event. False at the end.
  bool Next(v1::Event& event) {
    while (next_ == message_.events_size()) {
      if (!stream_->Read(&message_)) {
        return false;
      }
      through_ = message_.through_sequence();
      next_ = 0;
    }
    event = message_.events(next_++);
    return true;
  }
  [[nodiscard]] std::int64_t through() const { return through_; }
  std::string Finish() { return ReasonOf(stream_->Finish()); }
  grpc::StatusCode Cancel() {
    context_.TryCancel();
    return stream_->Finish().error_code();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::StreamEventsResponse>> stream_;
  v1::StreamEventsResponse message_;
  int next_ = 0;
  std::int64_t through_ = 0;
};

class EventTest : public testing::Test {
 protected:
  static v1::StreamEventsRequest FromStart(bool stop_at_end = true) {
    v1::StreamEventsRequest request;
    request.set_stop_at_end(stop_at_end);
    return request;
  }

  // Creates and funds agreements: three events each at least.
  void Trade(int count, const std::string& prefix = "a") {
    for (int i = 0; i < count; ++i) {
      const std::string id = prefix + std::to_string(i);
      client_.MustRun(Create(id, Contract({Step("m1", 5)})));
      client_.MustRun(Deposit(id, 5));
    }
  }

  Shop shop_;
  Client& client_ = shop_.shop();
};

TEST_F(EventTest, TheWholeLogInOrder) {
  Trade(200);
  Tail tail(shop_.root(), FromStart());
  v1::Event event;
  std::uint64_t expected = 1;
  while (tail.Next(event)) {
    ASSERT_EQ(event.sequence(), expected++);
  }
  EXPECT_EQ(tail.Finish(), "OK");
  EXPECT_EQ(expected - 1, shop_.engine().watermarks().durable_sequence);
  EXPECT_EQ(tail.through(), static_cast<std::int64_t>(expected - 1));
  // What is sent is what is stored, byte by byte.
  v1::GetEventRequest get;
  get.set_sequence(3);
  EXPECT_EQ(shop_.root().Must(&Events::GetEvent, get).SerializeAsString(), *shop_.journal().ReadOne(3));
  get.set_sequence(1'000'000);
  EXPECT_EQ(shop_.root().Try(&Events::GetEvent, get), "EVENT_NOT_FOUND");
  get.set_sequence(0);
  EXPECT_EQ(shop_.root().Try(&Events::GetEvent, get), "INVALID_FIELD");
}

// Who has a reply can read its events at once, although streams hear of them a moment later.
TEST_F(EventTest, AReplyIsInTheLog) {
  for (int i = 0; i < 300; ++i) {
    v1::GetEventRequest get;
    get.set_sequence(client_.MustRun(CreateParty("p" + std::to_string(i))).last_sequence());
    ASSERT_EQ(client_.Try(&Events::GetEvent, get), "OK");
  }
}

TEST_F(EventTest, ListEventsInPages) {
  Trade(100);
  v1::ListEventsRequest request;
  request.set_page_size(9);
  std::uint64_t expected = 1;
  do {
    const auto page = shop_.root().Must(&Events::ListEvents, request);
    for (const v1::Event& event : page.events()) {
      ASSERT_EQ(event.sequence(), expected++);
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(expected - 1, shop_.engine().watermarks().durable_sequence);
  request.set_start_sequence(-1);
  EXPECT_EQ(shop_.root().Try(&Events::ListEvents, request), "INVALID_FIELD");
}

TEST_F(EventTest, AStreamResumesAndFollows) {
  Trade(5);
  v1::StreamEventsRequest request = FromStart(false);
  request.set_start_sequence(7);
  request.mutable_event_filter()->set_platform("platforms/shop");
  Tail tail(client_, request);
  v1::Event event;
  ASSERT_TRUE(tail.Next(event));
  EXPECT_EQ(event.sequence(), 7U);
  while (event.sequence() < shop_.engine().watermarks().durable_sequence) {
    ASSERT_TRUE(tail.Next(event));
  }
  for (int i = 0; i < 50; ++i) {
    const v1::CommandReply reply = client_.MustRun(CreateParty("live" + std::to_string(i)));
    ASSERT_TRUE(tail.Next(event));
    EXPECT_EQ(event.sequence(), static_cast<std::uint64_t>(reply.first_sequence()));
  }
  EXPECT_EQ(tail.Cancel(), grpc::StatusCode::CANCELLED);
}

TEST_F(EventTest, Filters) {
  Trade(3);
  shop_.root().MustRun(core::test::CreatePlatform("rival"));
  v1::StreamEventsRequest request = FromStart();
  request.mutable_event_filter()->set_agreement(AgreementName("a1"));
  request.mutable_event_filter()->add_kinds(v1::EVENT_KIND_DEPOSIT_RECORDED);
  Tail tail(client_, request);
  v1::Event event;
  ASSERT_TRUE(tail.Next(event));
  EXPECT_TRUE(event.has_deposit_recorded());
  EXPECT_EQ(event.agreement_id(), "a1");
  EXPECT_FALSE(tail.Next(event));
  EXPECT_EQ(tail.through(), static_cast<std::int64_t>(shop_.engine().watermarks().durable_sequence));
  EXPECT_EQ(tail.Finish(), "OK");

  v1::ListEventsRequest list;
  list.mutable_event_filter()->set_party(PartyName("carrier"));
  EXPECT_EQ(client_.Must(&Events::ListEvents, list).events_size(), 1);
  list.mutable_event_filter()->set_party(PartyName("buyer"));
  EXPECT_GE(client_.Must(&Events::ListEvents, list).events_size(), 10);
  list.mutable_event_filter()->set_platform("platforms/rival");
  EXPECT_EQ(client_.Try(&Events::ListEvents, list), "FILTER_INVALID");
  list.mutable_event_filter()->clear_party();
  list.mutable_event_filter()->set_agreement(AgreementName("a1"));
  EXPECT_EQ(client_.Try(&Events::ListEvents, list), "FILTER_INVALID");
  list.mutable_event_filter()->set_agreement("a1");
  EXPECT_EQ(client_.Try(&Events::ListEvents, list), "INVALID_NAME");
  list.mutable_event_filter()->clear_agreement();
  list.mutable_event_filter()->add_kinds(static_cast<v1::EventKind>(99));
  EXPECT_EQ(shop_.root().Try(&Events::ListEvents, list), "FILTER_INVALID");
}

// A filter that matches nothing still tells how far the stream is, so that a client can resume behind it.
TEST_F(EventTest, AQuietStreamTellsHowFarItIs) {
  v1::Command party = CreateParty("x");
  for (int i = 0; i < 12; ++i) {
    std::vector<v1::Command> batch;
    for (int j = 0; j < 1'000; ++j) {
      batch.push_back(CreateParty("p" + std::to_string(i) + "-" + std::to_string(j)));
    }
    client_.RunBatch(batch, false);
  }
  v1::StreamEventsRequest request = FromStart(false);
  request.mutable_event_filter()->add_kinds(v1::EVENT_KIND_PAYOUT_FAILED);
  grpc::ClientContext context;
  shop_.root().Prepare(context);
  const auto stream = shop_.root().stub<v1::EventService>().StreamEvents(&context, request);
  v1::StreamEventsResponse message;
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.events_size(), 0);
  EXPECT_GE(message.through_sequence(), 10'000);
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

// Twenty streams that are never read, on connections of their own: commands, reads and another stream go on.
TEST_F(EventTest, StreamsThatAreNotReadHurtNobody) {
  for (int i = 0; i < 20; ++i) {
    v1::Agreement agreement = Contract({Step("m1", 5)});
    agreement.set_external_reference(std::string(128, 'x'));
    for (int j = 0; j < 90; ++j) {
      *agreement.add_milestones() = Step("n" + std::to_string(j), 5);
    }
    client_.MustRun(Create("big" + std::to_string(i), agreement));
  }
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<std::unique_ptr<Tail>> unread;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<Client>(shop_.Make("k" + std::to_string(i), core::test::OfPlatform())));
    v1::StreamEventsRequest request = FromStart(false);
    request.mutable_event_filter()->set_platform("platforms/shop");
    unread.push_back(std::make_unique<Tail>(*clients.back(), request));
  }
  Trade(100);
  Tail tail(shop_.root(), FromStart());
  v1::Event event;
  std::uint64_t count = 0;
  while (tail.Next(event)) {
    ++count;
  }
  EXPECT_EQ(count, shop_.engine().watermarks().durable_sequence);
  // And whoever reads again after all has missed nothing.
  std::uint64_t previous = 0;
  while (previous < count) {
    ASSERT_TRUE(unread[0]->Next(event));
    ASSERT_GT(event.sequence(), previous);
    previous = event.sequence();
  }
  for (const auto& stream : unread) {
    EXPECT_EQ(stream->Cancel(), grpc::StatusCode::CANCELLED);
  }
}

TEST_F(EventTest, CancelledStreamsAreForgotten) {
  for (int i = 0; i < 200; ++i) {
    Tail tail(shop_.root(), FromStart(false));
    v1::Event event;
    for (int j = 0; j < i % 5; ++j) {
      tail.Next(event);
    }
    EXPECT_EQ(tail.Cancel(), grpc::StatusCode::CANCELLED);
  }
  Trade(1);
}

TEST(EventStreamLimitTest, OnlySoManyStreams) {
  HarnessOptions options;
  options.server.event_streams_max = 2;
  Shop shop(options);
  v1::Event event;
  v1::StreamEventsRequest request;
  Tail first(shop.root(), request);
  Tail second(shop.root(), request);
  ASSERT_TRUE(first.Next(event));
  ASSERT_TRUE(second.Next(event));
  Tail third(shop.root(), request);
  EXPECT_FALSE(third.Next(event));
  EXPECT_EQ(third.Finish(), "OVERLOADED");
  first.Cancel();
  second.Cancel();
}

}  // namespace
}  // namespace escrow::test
