// A real escrowd between hostile clients and an honest one. Whatever the former do, what the server takes of the
// machine stays bounded, the latter is served all the time, and in the end the server stops as asked.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <optional>
#include <random>

#include "escrow/v1/agreement_service.grpc.pb.h"
#include "escrow/v1/command_service.grpc.pb.h"
#include "escrow/v1/event_service.grpc.pb.h"
#include "hostile/honest_client.h"
#include "hostile/raw_connection.h"
#include "hostile/swarm.h"
#include "support/commands.h"
#include "support/seed.h"
#include "support/temp_folder.h"

namespace escrow::test {
namespace {

constexpr std::size_t kConnectionsMax = 256;
constexpr std::size_t kStreamsMax = 32;
constexpr std::size_t kHonestCalls = 60;  // that must be served during each attack

constexpr std::size_t kLogBytesMax = 16 << 10;  // what the server may write, whatever clients do

constexpr char kExecuteBatch[] = "/escrow.v1.CommandService/ExecuteBatch";
constexpr char kStreamCommands[] = "/escrow.v1.CommandService/StreamCommands";
constexpr char kListEvents[] = "/escrow.v1.EventService/ListEvents";
constexpr char kStreamEvents[] = "/escrow.v1.EventService/StreamEvents";

// Small bounds, so that they are met.
constexpr char kConfig[] = R"(
drain_seconds = 1
[server]
reads_waiting_max = 128
reads_per_credential_max = 16
event_streams_max = 64
streams_per_credential_max = 32
inflight_per_credential_max = 1024
streams_per_connection_max = 256
connections_max = 256
handshake_seconds = 1
memory_mebibytes_max = 512
[engine]
inflight_commands_max = 2048
inflight_queries_max = 512
)";

// Requests for every event of the rival.
std::string AllEvents() {
  v1::StreamEventsRequest request;
  request.mutable_event_filter()->set_platform("platforms/rival");
  return request.SerializeAsString();
}
std::string ListAll() {
  v1::ListEventsRequest request;
  request.mutable_event_filter()->set_platform("platforms/rival");
  return request.SerializeAsString();
}

// One write and one stream, each cancelled after a random moment.
void CancelSomewhere(const Remote& rival, std::uint64_t number, std::mt19937_64& random) {
  grpc::ClientContext write;
  // Some deadlines pass before the call is sent, some while it is under way, some after the answer.
  rival.Prepare(write, std::chrono::microseconds(random() % 4 == 0 ? 0 : random() % 2'000));
  v1::ExecuteBatchRequest request;
  *request.add_commands() = CreateParcel(number, "rival", "c" + std::to_string(number));
  v1::ExecuteBatchResponse response;
  (void)v1::CommandService::NewStub(rival.channel())->ExecuteBatch(&write, request, &response);
  grpc::ClientContext read;
  rival.Prepare(read);
  if (random() % 4 == 0) {
    read.TryCancel();
  }
  v1::StreamEventsRequest request_events;
  ESCROW_ASSERT(request_events.ParseFromString(AllEvents()));
  const auto stream = v1::EventService::NewStub(rival.channel())->StreamEvents(&read, request_events);
  v1::StreamEventsResponse events;
  if (random() % 2 == 0) {
    (void)stream->Read(&events);
  }
  read.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

// What the server may take more than it had before. Memory: gRPC's quota, and the log's buffers, which grow with what
// is written. Threads: those of gRPC, which grow with the number of cores.
constexpr ProcessUse kMore = {.resident_mebibytes = 512 + 128, .threads = 24, .files = kConnectionsMax + 32};

class HostileTest : public testing::Test {
 protected:
  HostileTest()
      : server_(folder_.path(), kConfig),
        key_(SetUpShop(server_, "shop")),
        rival_key_(SetUpShop(server_, "rival", 100)),
        before_(server_.Use()),
        honest_(std::in_place, server_, key_) {}

  // After the attack, which may still go on: what must hold.
  void TearDown() override {
    honest_->AwaitCalls(kHonestCalls);
    EXPECT_EQ(honest_->Stop(), std::vector<std::string>());
    const ProcessUse most = honest_->most();
    std::printf("before %zu MiB, %zu threads, %zu files; most %zu MiB, %zu threads, %zu files; slowest call %lld ms\n",
                before_.resident_mebibytes, before_.threads, before_.files, most.resident_mebibytes, most.threads,
                most.files, static_cast<long long>(honest_->slowest().count()));
    EXPECT_LE(most.resident_mebibytes, before_.resident_mebibytes + kMore.resident_mebibytes);
    EXPECT_LE(most.threads, before_.threads + kMore.threads);
    EXPECT_LE(most.files, before_.files + kMore.files);
    honest_.reset();
    EXPECT_EQ(server_.Stop(std::chrono::seconds(30)), 0) << server_.log();
    EXPECT_LE(server_.log().size(), kLogBytesMax) << server_.log().substr(0, kLogBytesMax);
    swarms_.clear();
  }

  // A batch of the rival's flood: new requests for the same few agreements, so that the state does not grow with the
  // length of the flood.
  std::string FloodBatch() {
    v1::ExecuteBatchRequest request;
    for (int i = 0; i < 64; ++i) {
      *request.add_commands() = CreateParcel(next_request_++, "rival", "flood-" + std::to_string(i));
    }
    return request.SerializeAsString();
  }

  // Commands of the rival, each with its own request id.
  std::string NextBatch(std::size_t commands) {
    v1::ExecuteBatchRequest request;
    for (std::size_t i = 0; i < commands; ++i) {
      const std::uint64_t number = next_request_++;
      *request.add_commands() = CreateParcel(number, "rival", "a" + std::to_string(number));
    }
    return request.SerializeAsString();
  }

  // Executes a batch of so many commands as the rival, over a connection of its own; how many were accepted.
  std::size_t Execute(std::size_t commands) {
    const Remote rival(server_.address(), rival_key_);
    v1::ExecuteBatchRequest request;
    ESCROW_ASSERT(request.ParseFromString(NextBatch(commands)));
    v1::ExecuteBatchResponse response;
    grpc::ClientContext context;
    rival.Prepare(context);
    // The server forgets connections that have ended at its next look: until then it may turn this one away.
    context.set_wait_for_ready(true);
    const grpc::Status status =
        v1::CommandService::NewStub(rival.channel())->ExecuteBatch(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return static_cast<std::size_t>(
        std::ranges::count_if(response.results(), [](const v1::CommandResult& result) { return result.has_reply(); }));
  }

  // Begins an attack by the rival, or by somebody else. It goes on until after the server has stopped.
  Swarm& Attack(const Swarm::Plan& plan, std::function<std::string()> make = nullptr) {
    return AttackWith(rival_key_, plan, std::move(make));
  }
  Swarm& AttackWith(const std::string& key, const Swarm::Plan& plan, std::function<std::string()> make = nullptr) {
    return *swarms_.emplace_back(std::make_unique<Swarm>(server_.address(), key, plan, std::move(make)));
  }

  TempFolder folder_;
  std::atomic<std::uint64_t> next_request_ = 1'000;
  ServerProcess server_;
  const std::string key_;
  const std::string rival_key_;
  const ProcessUse before_;
  std::vector<std::unique_ptr<Swarm>> swarms_;
  std::vector<RawConnection> raw_;
  std::optional<HonestClient> honest_;
};

// Sums the counts of the reasons that are not in `expected`.
std::size_t CountOthers(const std::map<std::string, std::size_t>& ended, std::initializer_list<const char*> expected) {
  std::size_t others = 0;
  for (const auto& [reason, count] : ended) {
    const bool known = std::ranges::find(expected, reason) != expected.end();
    others += known ? 0 : count;
    std::printf("  %zu %s\n", count, reason.c_str());
  }
  return others;
}

TEST_F(HostileTest, EventStreamsThatAreNotRead) {
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(Execute(1'000), 1'000U);  // something to send
  }
  Attack({.method = kStreamEvents,
          .message = AllEvents(),
          .habit = Habit::kNeverRead,
          .calls = kStreamsMax,
          .connections = 2});
}

// Commands go in until the server reads no more; replies are never taken.
TEST_F(HostileTest, CommandStreamsThatAreNotRead) {
  const Remote rival(server_.address(), rival_key_);
  const auto stub = v1::CommandService::NewStub(rival.channel());
  constexpr std::size_t kStreams = 4;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::thread> writers;
  for (std::size_t i = 0; i < kStreams; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    rival.Prepare(*contexts.back(), std::chrono::minutes(1));
    writers.emplace_back([this, &stub, &context = *contexts.back()] {
      const auto stream = stub->StreamCommands(&context);
      v1::StreamCommandsRequest request;
      request.set_include_events(true);
      do {
        const std::uint64_t number = next_request_++;
        *request.mutable_command() = CreateParcel(number, "rival", "a" + std::to_string(number));
      } while (stream->Write(request));
      EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
    });
  }
  honest_->AwaitCalls(kHonestCalls);
  for (std::size_t i = 0; i < kStreams; ++i) {
    contexts[i]->TryCancel();
    writers[i].join();
  }
  EXPECT_EQ(Execute(1'000), 1'000U) << "what was in flight has left";
}

TEST_F(HostileTest, FloodOfWrites) {
  Swarm& swarm = Attack({.method = kExecuteBatch, .calls = 2'000, .connections = 8}, [this] { return FloodBatch(); });
  const auto ended = swarm.AwaitEnded(5'000);
  EXPECT_GT(ended.at("OVERLOADED"), 0U) << "the bound was met";
  EXPECT_EQ(CountOthers(ended, {"OK", "OVERLOADED"}), 0U);
}

TEST_F(HostileTest, FloodOfReads) {
  EXPECT_EQ(Execute(1'000), 1'000U);
  Swarm& swarm = Attack({.method = kListEvents, .message = ListAll(), .calls = 2'000, .connections = 8});
  const auto ended = swarm.AwaitEnded(5'000);
  EXPECT_GT(ended.at("OVERLOADED"), 0U) << "the bound was met";
  EXPECT_EQ(CountOthers(ended, {"OK", "OVERLOADED"}), 0U);
}

// Who has no credential is told so, and takes nothing from anybody.
TEST_F(HostileTest, FloodWithoutCredential) {
  Swarm& swarm =
      AttackWith("", {.method = kExecuteBatch, .calls = 2'000, .connections = 8}, [this] { return FloodBatch(); });
  EXPECT_EQ(CountOthers(swarm.AwaitEnded(5'000), {"UNAUTHENTICATED"}), 0U);
}

TEST_F(HostileTest, TenThousandEventStreams) {
  Swarm& swarm = Attack({.method = kStreamEvents,
                         .message = AllEvents(),
                         .habit = Habit::kNeverRead,
                         .calls = 10'000,
                         .connections = 40});
  const auto ended = swarm.AwaitEnded(10'000 - kStreamsMax);
  EXPECT_EQ(ended.at("OVERLOADED"), 10'000 - kStreamsMax);
  EXPECT_EQ(CountOthers(ended, {"OVERLOADED"}), 0U);
}

TEST_F(HostileTest, TenThousandCommandStreams) {
  Swarm& swarm = Attack({.method = kStreamCommands, .habit = Habit::kSayNothing, .calls = 10'000, .connections = 40});
  EXPECT_EQ(swarm.AwaitEnded(10'000 - kStreamsMax).at("OVERLOADED"), 10'000 - kStreamsMax);
}

// Calls that are opened and then nothing comes: the server waits for their message.
TEST_F(HostileTest, TenThousandCallsThatSayNothing) {
  Attack({.method = kExecuteBatch, .habit = Habit::kSayNothing, .calls = 10'000, .connections = 40});
  honest_->AwaitCalls(kHonestCalls);
}

TEST_F(HostileTest, LargeMessages) {
  v1::ExecuteBatchRequest request;
  request.add_commands()->mutable_create_party()->set_party_id(std::string((4 << 20) - 64, 'x'));
  Swarm& four =
      Attack({.method = kExecuteBatch, .message = request.SerializeAsString(), .calls = 32, .connections = 4});
  EXPECT_EQ(CountOthers(four.AwaitEnded(100), {"OK"}), 0U) << "each command is refused in the answer";
  request.mutable_commands(0)->mutable_create_party()->set_party_id(std::string(5 << 20, 'x'));
  Swarm& five =
      Attack({.method = kExecuteBatch, .message = request.SerializeAsString(), .calls = 32, .connections = 4});
  EXPECT_EQ(CountOthers(five.AwaitEnded(100), {"status 8"}), 0U);  // RESOURCE_EXHAUSTED, by gRPC itself
}

// Many times as many connections as there may be, that say nothing or not enough. An honest newcomer is served as soon
// as they have been given up.
TEST_F(HostileTest, HalfOpenConnections) {
  constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  for (std::size_t i = 0; i < 4 * kConnectionsMax; ++i) {
    raw_.emplace_back(server_.port());
    (void)raw_.back().Send(kPreface.substr(0, i % kPreface.size()));
  }
  honest_->AwaitCalls(kHonestCalls);
  for (RawConnection& connection : raw_) {
    EXPECT_TRUE(connection.AwaitClose(std::chrono::seconds(20)));
  }
  EXPECT_EQ(Execute(1), 1U);
}

// gRPC 1.51 alone stops listening for ever when an accept fails for want of file handles (src/api/acceptor.h).
TEST_F(HostileTest, ListensAgainAfterMoreConnectionsThanItTakes) {
  for (std::size_t i = 0; i < 8 * kConnectionsMax; ++i) {
    raw_.emplace_back(server_.port());
  }
  raw_.clear();
  honest_->AwaitCalls(kHonestCalls);
  EXPECT_EQ(Execute(1), 1U);
}

TEST_F(HostileTest, Garbage) {
  std::mt19937_64 random(Seed());
  const std::vector<std::string> heads = {
      "", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33)};
  for (int i = 0; i < 500; ++i) {
    RawConnection connection(server_.port());
    std::string bytes = heads[random() % heads.size()];
    for (std::size_t left = random() % 4'096; left > 0; --left) {
      bytes.push_back(static_cast<char>(random()));
    }
    (void)connection.Send(bytes);
    if (i % 4 == 0) {
      raw_.push_back(std::move(connection));  // and stays
    }
  }
  honest_->AwaitCalls(kHonestCalls);
  EXPECT_EQ(Execute(1), 1U);
}

// A byte every now and then: the next one when the honest client has been served twice.
TEST_F(HostileTest, SlowLoris) {
  constexpr std::string_view kBytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  for (std::size_t i = 0; i < kConnectionsMax / 2; ++i) {
    raw_.emplace_back(server_.port());
  }
  for (const char byte : kBytes) {
    for (RawConnection& connection : raw_) {
      (void)connection.Send({&byte, 1});
    }
    honest_->AwaitCalls(2);
  }
  for (RawConnection& connection : raw_) {
    EXPECT_TRUE(connection.AwaitClose(std::chrono::seconds(20)));
  }
}

// Calls that are cancelled before they are sent, at any moment while they are under way, and after the answer. A write
// happened or not; repeated with its id, it has happened once.
TEST_F(HostileTest, CancelledAtEveryStage) {
  const std::uint64_t seed = Seed();
  constexpr std::uint64_t kCalls = 400;
  const std::uint64_t first = next_request_;
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      std::mt19937_64 random(seed + thread);
      const Remote rival(server_.address(), rival_key_);
      for (std::uint64_t i = thread; i < kCalls; i += 4) {
        CancelSomewhere(rival, first + i, random);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  next_request_ += kCalls;
  const Remote rival(server_.address(), rival_key_);
  std::size_t repeated = 0;
  for (std::uint64_t i = 0; i < kCalls; ++i) {
    v1::CommandReply reply;
    const grpc::Status status = rival.Execute(CreateParcel(first + i, "rival", "c" + std::to_string(first + i)), reply);
    EXPECT_TRUE(status.ok()) << status.error_message();
    repeated += reply.repeated_request() ? 1U : 0U;
  }
  std::printf("%zu of %zu cancelled writes had happened\n", repeated, static_cast<std::size_t>(kCalls));
  // Every place that a cancelled call had taken is free again.
  EXPECT_EQ(Execute(1'024), 1'024U);
  Swarm& swarm =
      Attack({.method = kStreamEvents, .message = AllEvents(), .habit = Habit::kNeverRead, .calls = kStreamsMax});
  honest_->AwaitCalls(kHonestCalls);
  EXPECT_TRUE(swarm.ended().empty());
}

}  // namespace
}  // namespace escrow::test
