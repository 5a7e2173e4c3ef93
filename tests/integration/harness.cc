#include "integration/harness.h"

#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/situation.h"
#include "crypto/hex.h"
#include "crypto/random.h"
#include "crypto/sha256.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/support/client_interceptor.h"
#include "journal/memory/memory_journal.h"
#include "journal/rocks/rocks_journal.h"
#include "operator_key.h"
#include "publishing.h"
#include "unit/core/world.h"

namespace escrow::test {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Certificates MakeCertificates() {
  const TempFolder folder;
  const std::string& at = folder.path();
  std::ofstream(at + "/server.ext") << "subjectAltName=IP:127.0.0.1,DNS:localhost\n";
  std::ofstream(at + "/client.ext") << "extendedKeyUsage=clientAuth\n";
  std::string script = "cd " + at +
                       " && exec 2>/dev/null && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
                       " -nodes -keyout ca.key -out ca.pem -subj /CN=test-authority -days 30";
  for (const std::string name : {"server", "client"}) {
    script += " && openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout " + name + ".key -out " +
              name + ".csr -subj /CN=test-" + name + " && openssl x509 -req -in " + name +
              ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -out " + name + ".pem -days 30 -extfile " + name + ".ext";
  }
  ESCROW_ASSERT(std::system(script.c_str()) == 0);
  return {.authority = ReadFile(at + "/ca.pem"),
          .server_chain = ReadFile(at + "/server.pem"),
          .server_key = ReadFile(at + "/server.key"),
          .client_chain = ReadFile(at + "/client.pem"),
          .client_key = ReadFile(at + "/client.key")};
}

// Notes every call of a channel.
class RecorderFactory final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit RecorderFactory(bool tls) : tls_(tls) {}
  grpc::experimental::Interceptor* CreateClientInterceptor(grpc::experimental::ClientRpcInfo* info) override {
    Coverage::Get().Called(info->method(), tls_);
    return nullptr;  // it need not see more of the call
  }

 private:
  const bool tls_;
};

std::string KeyOf(std::string_view id) {
  std::string key;
  while (key.size() < 32) {
    key += id;
  }
  return key;
}

std::string Sha256(std::string_view text) {
  const crypto::Digest digest = crypto::Sha256Of(text);
  return {digest.begin(), digest.end()};
}

}  // namespace

const Certificates& TestCertificates() {
  static const Certificates certificates = MakeCertificates();
  return certificates;
}

std::string NewRequestId() {
  static std::atomic<std::uint64_t> number = 0;
  char text[40];
  std::snprintf(text, sizeof text, "00000000-0000-4000-8000-%012llx", static_cast<unsigned long long>(++number));
  return text;
}

Client::Client(std::shared_ptr<grpc::Channel> channel, std::string key)
    : channel_(std::move(channel)),
      key_(std::move(key)),
      stubs_(v1::PlatformService::NewStub(channel_), v1::AgreementService::NewStub(channel_),
             v1::PayoutService::NewStub(channel_), v1::LedgerService::NewStub(channel_),
             v1::EventService::NewStub(channel_), v1::CommandService::NewStub(channel_),
             v1::OperationsService::NewStub(channel_), v1::TransparencyService::NewStub(channel_),
             v1::VaultService::NewStub(channel_)) {}

void Client::Prepare(grpc::ClientContext& context) const {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  if (!key_.empty()) {
    context.AddMetadata("authorization", "Bearer " + key_);
  }
}

namespace {

// The unary method of each payload.
struct UnaryCall {
  Client& client;
  v1::CommandReply& reply;

  grpc::Status operator()(const v1::CreatePlatformRequest& r) const {
    return client.Call(&v1::PlatformService::Stub::CreatePlatform, r, reply);
  }
  grpc::Status operator()(const v1::CreatePartyRequest& r) const {
    return client.Call(&v1::PlatformService::Stub::CreateParty, r, reply);
  }
  grpc::Status operator()(const v1::CreateCredentialRequest& r) const {
    return client.Call(&v1::PlatformService::Stub::CreateCredential, r, reply);
  }
  grpc::Status operator()(const v1::RotateSigningKeyRequest& r) const {
    return client.Call(&v1::TransparencyService::Stub::RotateSigningKey, r, reply);
  }
  grpc::Status operator()(const v1::RevokeCredentialRequest& r) const {
    return client.Call(&v1::PlatformService::Stub::RevokeCredential, r, reply);
  }
  grpc::Status operator()(const v1::AdvanceClockRequest& r) const {
    return client.Call(&v1::PlatformService::Stub::AdvanceClock, r, reply);
  }
  grpc::Status operator()(const v1::CreateAgreementRequest& r) const {
    return client.Call(&v1::AgreementService::Stub::CreateAgreement, r, reply);
  }
  grpc::Status operator()(const v1::AcceptAgreementRequest& r) const {
    return client.Call(&v1::AgreementService::Stub::AcceptAgreement, r, reply);
  }
  grpc::Status operator()(const v1::CancelAgreementRequest& r) const {
    return client.Call(&v1::AgreementService::Stub::CancelAgreement, r, reply);
  }
  grpc::Status operator()(const v1::RecordDepositRequest& r) const {
    return client.Call(&v1::AgreementService::Stub::RecordDeposit, r, reply);
  }
  grpc::Status operator()(const v1::ConfirmMilestoneRequest& r) const {
    return client.Call(&v1::AgreementService::Stub::ConfirmMilestone, r, reply);
  }
  grpc::Status operator()(const v1::ReleaseMilestoneRequest& r) const {
    return client.Call(&v1::AgreementService::Stub::ReleaseMilestone, r, reply);
  }
  grpc::Status operator()(const v1::RefundMilestoneRequest& r) const {
    return client.Call(&v1::AgreementService::Stub::RefundMilestone, r, reply);
  }
  grpc::Status operator()(const v1::RequestPayoutRequest& r) const {
    return client.Call(&v1::PayoutService::Stub::RequestPayout, r, reply);
  }
  grpc::Status operator()(const v1::SendPayoutRequest& r) const {
    return client.Call(&v1::PayoutService::Stub::SendPayout, r, reply);
  }
  grpc::Status operator()(const v1::SettlePayoutRequest& r) const {
    return client.Call(&v1::PayoutService::Stub::SettlePayout, r, reply);
  }
  grpc::Status operator()(const v1::FailPayoutRequest& r) const {
    return client.Call(&v1::PayoutService::Stub::FailPayout, r, reply);
  }
  grpc::Status operator()(const v1::ReturnPayoutRequest& r) const {
    return client.Call(&v1::PayoutService::Stub::ReturnPayout, r, reply);
  }
  // What a client cannot send: it puts a record instead, with the commitment as content.
  grpc::Status operator()(const v1::CommitRecordRequest& r) const {
    v1::PutRecordRequest put;
    put.set_parent(r.parent());
    put.set_record_id(r.record_id());
    put.mutable_record()->set_kind(r.kind());
    put.mutable_record()->set_content(r.commitment());
    put.set_request_id(r.request_id());
    put.set_validate_only(r.validate_only());
    return client.Call(&v1::VaultService::Stub::PutRecord, put, reply);
  }
  grpc::Status operator()(const v1::EraseSubjectRequest& r) const {
    return client.Call(&v1::VaultService::Stub::EraseSubject, r, reply);
  }
  grpc::Status operator()(const v1::PlaceLegalHoldRequest& r) const {
    return client.Call(&v1::VaultService::Stub::PlaceLegalHold, r, reply);
  }
  grpc::Status operator()(const v1::ReleaseLegalHoldRequest& r) const {
    return client.Call(&v1::VaultService::Stub::ReleaseLegalHold, r, reply);
  }
};

// The command as it is sent: with a request id, and with a deposit id of its own when it may have any.
v1::Command Complete(v1::Command command) {
  const bool has_id = core::VisitPayload(command, [](const auto& payload) { return !payload.request_id().empty(); });
  if (command.has_record_deposit() && command.record_deposit().deposit_id() == core::test::kAnyDeposit) {
    command.mutable_record_deposit()->set_deposit_id(NewRequestId());
  }
  return has_id ? command : core::test::With(std::move(command), "request_id", NewRequestId());
}

}  // namespace

grpc::Status Client::Execute(v1::Command command, v1::CommandReply& reply) {
  return core::VisitPayload(Complete(std::move(command)), UnaryCall{*this, reply});
}

std::string Client::Run(const v1::Command& command) {
  v1::CommandReply reply;
  return ReasonOf(Execute(command, reply));
}

v1::CommandReply Client::MustRun(const v1::Command& command) {
  v1::CommandReply reply;
  EXPECT_EQ(ReasonOf(Execute(command, reply)), "OK") << command.ShortDebugString();
  return reply;
}

std::vector<std::string> Client::RunBatch(const std::vector<v1::Command>& commands, bool atomic) {
  v1::ExecuteBatchRequest request;
  request.set_atomic(atomic);
  for (const v1::Command& command : commands) {
    const bool empty = command.payload_case() == v1::Command::PAYLOAD_NOT_SET;
    *request.add_commands() = empty ? command : Complete(command);
  }
  v1::ExecuteBatchResponse response;
  const std::string reason = ReasonOf(Call(&v1::CommandService::Stub::ExecuteBatch, request, response));
  if (reason != "OK") {
    return {reason};
  }
  std::vector<std::string> reasons;
  for (const v1::CommandResult& result : response.results()) {
    reasons.push_back(result.has_reply() ? "OK" : ReasonOf(result.status()));
  }
  return reasons;
}

Harness::Harness(const HarnessOptions& options) : options_(options) {
  if (options.rocks) {
    auto journal = journal::RocksJournal::Open({.directory = folder_.path(), .create = true});
    ESCROW_ASSERT(journal.ok());
    journal_ = std::move(*journal);
  } else {
    journal_ = std::make_unique<journal::MemoryJournal>();
  }
  faults_ = std::make_unique<FaultJournal>(*journal_);
  std::ofstream(folder_.path() + "/vault.key") << std::string(32, 'v');
  ESCROW_ASSERT(chmod((folder_.path() + "/vault.key").c_str(), 0600) == 0);
  options_.server.listen = "127.0.0.1:0";
  if (options.tls) {
    options_.server.tls = api::TlsOptions{.certificate_chain = TestCertificates().server_chain,
                                          .private_key = TestCertificates().server_key,
                                          .client_ca = TestCertificates().authority};
  }
  Start();
}

Harness::~Harness() = default;

void Harness::Start() {
  auto engine = engine::Engine::Open(options_.engine, *faults_, clock_, [](std::uint64_t, std::uint64_t) {});
  ESCROW_ASSERT(engine.ok());
  engine_ = std::move(*engine);
  ESCROW_ASSERT(daemon::EnsureOperatorKey(*engine_, folder_.path()).ok());
  if (options_.vault) {
    auto vault = daemon::OpenVaultFiles(*engine_, folder_.path() + "/vault", folder_.path() + "/vault.key");
    ESCROW_ASSERT(vault.ok());
    vault_ = *std::move(vault);
    options_.server.vault = vault_.vault.get();
  }
  daemon::Config config;
  config.data_dir = folder_.path();
  auto publisher = daemon::StartPublisher(config, *engine_, false);
  ESCROW_ASSERT(publisher.ok());
  publisher_ = *std::move(publisher);
  auto server = api::Server::Start(options_.server, *engine_, publisher_.get());
  ESCROW_ASSERT(server.ok());
  server_ = std::move(*server);
  std::ifstream(folder_.path() + "/operator.key") >> root_key_;
  root_ = std::make_unique<Client>(Connect(root_key_));
}

void Harness::Restart() {
  root_ = nullptr;
  server_ = nullptr;
  publisher_ = nullptr;
  vault_ = {};
  engine_ = nullptr;
  Start();
}

Client Harness::Connect(const std::string& key, bool certificate) const {
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (options_.tls) {
    grpc::SslCredentialsOptions ssl;
    ssl.pem_root_certs = TestCertificates().authority;
    if (certificate) {
      ssl.pem_cert_chain = TestCertificates().client_chain;
      ssl.pem_private_key = TestCertificates().client_key;
    }
    credentials = grpc::SslCredentials(ssl);
  }
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
  arguments.SetMaxReceiveMessageSize(-1);
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> recorders;
  recorders.push_back(std::make_unique<RecorderFactory>(options_.tls));
  return {grpc::experimental::CreateCustomChannelWithInterceptors("127.0.0.1:" + std::to_string(server_->port()),
                                                                  credentials, arguments, std::move(recorders)),
          key};
}

Client Harness::Make(std::string_view id, const v1::Principal& principal) {
  v1::Command command;
  v1::CreateCredentialRequest& create = *command.mutable_create_credential();
  create.set_credential_id(std::string(id));
  *create.mutable_credential()->mutable_principal() = principal;
  create.mutable_credential()->set_api_key_sha256(Sha256(KeyOf(id)));
  root().MustRun(command);
  return Connect(KeyOf(id));
}

Shop::Shop(const HarnessOptions& options) : Harness(options) {
  root().MustRun(core::test::CreatePlatform("shop"));
  shop_ = std::make_unique<Client>(Make("shop-key", core::test::OfPlatform("shop")));
  for (const char* id : {"buyer", "seller", "seller2", "carrier", "partner"}) {
    shop_->MustRun(core::test::CreateParty(id));
  }
}

Client& Shop::party(const std::string& id) {
  std::unique_ptr<Client>& client = parties_[id];
  if (client == nullptr) {
    client = std::make_unique<Client>(Make(id + "-key", core::test::OfParty(id)));
  }
  return *client;
}

}  // namespace escrow::test
