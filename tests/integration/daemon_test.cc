#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "config.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/generic_stub.h"
#include "integration/harness.h"
#include "journal/memory/memory_journal.h"
#include "log.h"
#include "operator_key.h"
#include "publishing.h"
#include "support/witnessed_log.h"
#include "unit/core/world.h"

// Goal: escrowd's own parts: the configuration, the first key, health and reflection, the lines of the log.
namespace escrow::test {
namespace {

class ConfigTest : public testing::Test {
 protected:
  // What the file with this text gives: the error after the place and the file's name, or "OK".
  std::string Load(const std::string& text) {
    const std::string path = folder_.path() + "/escrowd.toml";
    std::ofstream(path) << text;
    const auto config = daemon::LoadConfig(path, {});
    if (config.ok()) {
      return "OK";
    }
    const std::string message(config.status().message());
    EXPECT_TRUE(message.starts_with(path)) << message;
    return message.substr(std::min(path.size(), message.size()));
  }

  TempFolder folder_;
};

// The documented file says the defaults, and knows every key: an unknown one would be refused, and the list of keys
// that a refusal gives is searched in it.
TEST_F(ConfigTest, TheDocumentedFileIsTheDefaults) {
  const std::string path = std::string(ESCROW_SOURCE_DIR) + "/deploy/escrowd.toml";
  const auto documented = daemon::LoadConfig(path, {});
  ASSERT_TRUE(documented.ok()) << documented.status();
  const auto defaults = daemon::LoadConfig("", {});
  ASSERT_TRUE(defaults.ok());
  EXPECT_EQ(documented->server.listen, defaults->server.listen);
  EXPECT_EQ(documented->data_dir, defaults->data_dir);
  EXPECT_EQ(documented->anchor_file, defaults->anchor_file);
  EXPECT_EQ(documented->anchor, defaults->anchor);
  EXPECT_EQ(documented->vault_key_file, defaults->vault_key_file);
  EXPECT_EQ(documented->vault_dir, defaults->vault_dir);
  EXPECT_EQ(documented->drain_time, defaults->drain_time);
  EXPECT_EQ(documented->shared_core, defaults->shared_core);
  EXPECT_EQ(documented->server.tls.has_value(), defaults->server.tls.has_value());
  EXPECT_EQ(documented->server.reader_threads, defaults->server.reader_threads);
  EXPECT_EQ(documented->server.reads_waiting_max, defaults->server.reads_waiting_max);
  EXPECT_EQ(documented->server.event_streams_max, defaults->server.event_streams_max);
  EXPECT_EQ(documented->server.inflight_per_credential_max, defaults->server.inflight_per_credential_max);
  EXPECT_EQ(documented->server.reads_per_credential_max, defaults->server.reads_per_credential_max);
  EXPECT_EQ(documented->server.streams_per_credential_max, defaults->server.streams_per_credential_max);
  EXPECT_EQ(documented->server.connections_max, defaults->server.connections_max);
  EXPECT_EQ(documented->server.handshake_time, defaults->server.handshake_time);
  EXPECT_EQ(documented->server.idle_time, defaults->server.idle_time);
  EXPECT_EQ(documented->server.streams_per_connection_max, defaults->server.streams_per_connection_max);
  EXPECT_EQ(documented->server.memory_bytes_max, defaults->server.memory_bytes_max);
  EXPECT_EQ(documented->engine.inflight_commands_max, defaults->engine.inflight_commands_max);
  EXPECT_EQ(documented->engine.inflight_queries_max, defaults->engine.inflight_queries_max);
  EXPECT_EQ(documented->engine.group_events_max, defaults->engine.group_events_max);
  EXPECT_EQ(documented->engine.group_bytes_max, defaults->engine.group_bytes_max);
  EXPECT_EQ(documented->engine.snapshot_events, defaults->engine.snapshot_events);
  EXPECT_EQ(documented->engine.disk_free_bytes_min, defaults->engine.disk_free_bytes_min);
  EXPECT_EQ(documented->engine.expire_max, defaults->engine.expire_max);
  EXPECT_EQ(documented->publish.enabled, defaults->publish.enabled);
  EXPECT_EQ(documented->publish.origin, defaults->publish.origin);
  EXPECT_EQ(documented->publish.signing_key, defaults->publish.signing_key);
  EXPECT_EQ(documented->publish.last_checkpoint, defaults->publish.last_checkpoint);
  EXPECT_EQ(documented->publish.policy, defaults->publish.policy);
  EXPECT_EQ(documented->http.listen, defaults->http.listen);
  EXPECT_EQ(documented->http.entries, defaults->http.entries);
  EXPECT_EQ(documented->witness.name, defaults->witness.name);
  EXPECT_EQ(documented->witness.logs, defaults->witness.logs);
  EXPECT_EQ(documented->log_level, defaults->log_level);
  EXPECT_EQ(documented->log_format, defaults->log_format);
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream keys(Load("unknown = 1").substr(std::string(":1: unknown: unknown key; the keys are ").size()));
  std::string key;
  int count = 0;
  while (keys >> key) {
    const std::size_t dot = key.find('.');
    const std::string name =
        key.substr(dot == std::string::npos ? 0 : dot + 1, key.find(',') - (dot == std::string::npos ? 0 : dot + 1));
    EXPECT_NE(text.find("\n" + name + " = "), std::string::npos) << name << " is not documented";
    ++count;
  }
  EXPECT_EQ(count, 41);
}

TEST_F(ConfigTest, BadValuesAreRefusedWithTheirPlace) {
  EXPECT_EQ(Load(""), "OK");
  EXPECT_EQ(Load("listen = \"127.0.0.1:1\"\n[log]\nlevel = \"loud\""),
            ":3: log.level: must be one of \"debug\", \"info\", \"warn\", \"error\"");
  EXPECT_EQ(Load("\n[engine]\nexpire_max = 0"), ":3: engine.expire_max: must be an integer from 1 to 100000, not 0");
  EXPECT_EQ(Load("drain_seconds = \"10\""), ":1: drain_seconds: must be an integer from 0 to 300");
  EXPECT_EQ(Load("shared_core = \"1\""), ":1: shared_core: must be one of \"auto\", \"off\"");
  EXPECT_EQ(Load("listen = 7"), ":1: listen: must be text in quotes");
  EXPECT_EQ(Load("listen = \"0.0.0.0:7443\""),
            ":1: listen: must be a loopback address (127.0.0.1, [::1], localhost) unless tls is set");
  EXPECT_EQ(Load("listen = \"here\""), ":1: listen: must be HOST:PORT or [IPV6]:PORT, with a port from 0 to 65535");
  EXPECT_EQ(Load("[tls]\ncertificate = \"c\""), ":2: tls.certificate: tls.certificate and tls.key go together");
  EXPECT_EQ(Load("[tls]\ncertificate = \"/none\"\nkey = \"/none\""), ":2: tls.certificate: cannot read the file /none");
  EXPECT_EQ(Load("[tls]\nrequire_client_certificate = true"),
            ":2: tls.require_client_certificate: needs tls.certificate and tls.key");
  EXPECT_EQ(Load("[publish]\norigin = \"my log\""),
            ":2: publish.origin: must be a name without spaces and plus signs, at most 255 bytes");
  EXPECT_EQ(Load("[http]\nlisten = \"here\""),
            ":2: http.listen: must be HOST:PORT or [IPV6]:PORT, with a port from 0 to 65535");
  EXPECT_EQ(Load("[http]\nentries = \"some\""), ":2: http.entries: must be one of \"none\", \"all\"");
  EXPECT_EQ(Load("[http]\nlisten = \"127.0.0.1:0\"\n[witness]\nname = \"w\""),
            ": witness.logs: witness.name and witness.logs go together");
  EXPECT_EQ(Load("[witness]\nname = \"w\"\nlogs = \"f\""), ":2: witness.name: needs http.listen");
  EXPECT_TRUE(Load("[server]\nthreads = 1").starts_with(":2: server.threads: unknown key; the keys are listen, "));
  EXPECT_TRUE(Load("[tables]\nx = 1").starts_with(":1: tables: unknown key"));
  EXPECT_TRUE(Load("listen = ").starts_with(":1: syntax: "));
  EXPECT_EQ(daemon::LoadConfig("/none.toml", {}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(daemon::LoadConfig("", {.data_dir = "", .listen = "0.0.0.0:1"}).status().message(),
            "--listen: must be a loopback address (127.0.0.1, [::1], localhost) unless tls is set");
}

// Of the files of witnesses that cannot be asked, or are not enough, each is refused with the reason.
TEST_F(ConfigTest, APolicyMustNameWitnessesThatCanBeAsked) {
  const auto key = [](std::uint8_t number, tlog::SignatureType type) {
    return tlog::FixedKey("w.org/" + std::to_string(number), type, number).verifier().Format();
  };
  const std::string log = "log " + key(1, tlog::SignatureType::kEd25519) + "\n";
  const std::string w2 = "witness w2 " + key(2, tlog::SignatureType::kCosignature);
  const std::string w3 = "witness w3 " + key(3, tlog::SignatureType::kCosignature);
  const std::string url = " https://w.org/w\n";
  const std::string both = "group both all w2 w3\nquorum both\n";
  std::string many = log;
  for (std::uint8_t i = 10; i < 25; ++i) {
    many += "witness w" + std::to_string(i) + " " + key(i, tlog::SignatureType::kCosignature) + url;
  }
  const std::string path = folder_.path() + "/policy";
  const std::pair<std::string, std::string> kTable[] = {
      {log + w2 + url + w3 + url + both, "OK"},
      {log + w2 + url + w3 + "\nquorum w2\n", "OK"},
      {log + w2 + url + w3 + url, "the policy has no quorum line"},
      {log + "quorum none\n", "no witness has a URL, so none can be asked"},
      {log + w2 + "\nquorum w2\n", "no witness has a URL, so none can be asked"},
      {log + w2 + url + w3 + "\n" + both,
       "the witnesses with a URL are not enough: the quorum is not reached: it needs 'both' (has 1 of the 2 that it "
       "needs, without 'w3')"},
      {log + w2 + " ftp://w.org/\nquorum w2\n", "the witness's URL ftp://w.org/ is neither of http nor of https"},
      {many + "quorum w10\n", "more than 14 witnesses have a URL"},
      {log + "log x\n", "the policy's line 2: "},
  };
  for (const auto& [text, reason] : kTable) {
    std::ofstream(path) << text;
    const std::string loaded = Load("[publish]\npolicy = \"" + path + "\"");
    EXPECT_TRUE(loaded.starts_with(reason == "OK" ? reason : ":2: publish.policy: " + path + ": " + reason)) << loaded;
  }
  EXPECT_EQ(Load("[publish]\npolicy = \"/none\""), ":2: publish.policy: cannot read the file /none");
}

TEST(OperatorKeyTest, IsMadeOnceAndLoggedWhenItIsNot) {
  const TempFolder folder;
  const std::string path = folder.path() + "/operator.key";
  const base::SystemClock clock;
  const auto open = [&](journal::Journal& journal) {
    return *engine::Engine::Open({}, journal, clock, [](std::uint64_t, std::uint64_t) {});
  };
  std::string key;
  {
    journal::MemoryJournal journal;
    const auto engine = open(journal);
    EXPECT_EQ(*daemon::EnsureOperatorKey(*engine, folder.path()), daemon::OperatorKey::kCreated);
    std::ifstream(path) >> key;
    EXPECT_EQ(*daemon::EnsureOperatorKey(*engine, folder.path()), daemon::OperatorKey::kKnown);
    struct stat file{};
    ASSERT_EQ(::stat(path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777U, 0600U);
    std::filesystem::remove(path);
    EXPECT_EQ(*daemon::EnsureOperatorKey(*engine, folder.path()), daemon::OperatorKey::kKnown);
    EXPECT_FALSE(std::filesystem::exists(path)) << "others have credentials";
  }
  // As after a crash between the file and the log.
  std::ofstream(path) << key << "\n";
  journal::MemoryJournal journal;
  const auto engine = open(journal);
  EXPECT_EQ(*daemon::EnsureOperatorKey(*engine, folder.path()), daemon::OperatorKey::kCreated);
  std::string again;
  std::ifstream(path) >> again;
  EXPECT_EQ(again, key);
  std::ofstream(path) << "short\n";
  EXPECT_FALSE(daemon::EnsureOperatorKey(*engine, folder.path()).ok());
}

TEST(PublishingTest, APolicyForAnotherLogIsRefused) {
  const TempFolder folder;
  const base::SystemClock clock;
  journal::MemoryJournal journal;
  const auto engine = *engine::Engine::Open({}, journal, clock, [](std::uint64_t, std::uint64_t) {});
  daemon::Config config;
  config.data_dir = folder.path();
  config.publish.origin = "x.org/log";
  config.publish.policy = "FILE";
  // Its name, but not its key.
  const std::string other = tlog::FixedKey("x.org/log", tlog::SignatureType::kEd25519, 1).verifier().Format();
  const std::string witness = tlog::FixedKey("w.org", tlog::SignatureType::kCosignature, 2).verifier().Format();
  const auto policy = [&](const std::string& log) {
    return tlog::Policy::Parse("log " + log + "\nwitness w " + witness + " http://127.0.0.1:1/\nquorum w\n").value();
  };
  config.publish.witnesses = policy(other);
  const absl::Status refused = daemon::StartPublisher(config, *engine, false).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  const std::string says = "publish.policy: FILE does not name this log; its line is: log ";
  const std::string reason(refused.message());
  ASSERT_TRUE(reason.starts_with(says)) << reason;
  config.publish.witnesses = policy(reason.substr(says.size()));
  EXPECT_TRUE(daemon::StartPublisher(config, *engine, false).ok()) << "the line is the one that is wanted";
}

TEST(LogTest, LinesAreJson) {
  const std::string quoted = "a \"b\"\n\\";
  EXPECT_EQ(daemon::JsonLine("serving", {{"port", std::int64_t{7}}, {"text", std::string_view(quoted)}}),
            R"("event":"serving","port":7,"text":"a \"b\"\u000a\\")");
  EXPECT_EQ(daemon::TextLine("serving", {{"port", std::int64_t{7}}}), "serving port=7");
}

// A unary call of bytes, for services of gRPC itself.
std::string Health(const Client& client) {
  grpc::GenericStub stub(client.channel());
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  const grpc::Slice whole_server("");  // HealthCheckRequest.service = ""
  const auto call =
      stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", grpc::ByteBuffer(&whole_server, 1), &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  grpc::Slice slice;
  if (!status.ok() || !response.DumpToSingleSlice(&slice).ok()) {
    return "failed";
  }
  // HealthCheckResponse.status: 1 SERVING, 2 NOT_SERVING.
  const std::string bytes(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes == "\x08\x01" ? "SERVING" : bytes == "\x08\x02" ? "NOT_SERVING" : "unknown";
}

TEST(HealthTest, NotServingFromTheBeginningOfTheEnd) {
  Shop shop;
  Client other = shop.Connect("");
  EXPECT_EQ(Health(other), "SERVING");
  shop.journal().CloseGate();
  std::thread write([&] { shop.shop().Run(core::test::CreateParty("p")); });
  shop.journal().AwaitAppendAtGate();
  std::thread drain([&] { shop.server().Drain(std::chrono::seconds(10)); });
  std::string health;
  for (int i = 0; i < 500 && health != "NOT_SERVING"; ++i) {
    health = Health(other);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(health, "NOT_SERVING");
  shop.journal().OpenGate();
  write.join();
  drain.join();
}

TEST(ReflectionTest, NamesTheServices) {
  Shop shop;
  grpc::GenericStub stub(shop.root().channel());
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  const auto wait = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  const auto call =
      stub.PrepareCall(&context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  call->StartCall(nullptr);
  ASSERT_TRUE(wait());
  const grpc::Slice list_services("\x3a\x00", 2);  // ServerReflectionRequest.list_services = ""
  call->WriteLast(grpc::ByteBuffer(&list_services, 1), grpc::WriteOptions(), nullptr);
  ASSERT_TRUE(wait());
  grpc::ByteBuffer response;
  call->Read(&response, nullptr);
  ASSERT_TRUE(wait());
  grpc::Slice slice;
  ASSERT_TRUE(response.DumpToSingleSlice(&slice).ok());
  const std::string bytes(reinterpret_cast<const char*>(slice.begin()), slice.size());
  for (const char* service : {"Platform", "Agreement", "Payout", "Ledger", "Event", "Command", "Operations"}) {
    EXPECT_NE(bytes.find("escrow.v1." + std::string(service) + "Service"), std::string::npos) << service;
  }
  context.TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  wait();
}

}  // namespace
}  // namespace escrow::test
