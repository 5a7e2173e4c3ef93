#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "api/server.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "escrow/v1/agreement_service.grpc.pb.h"
#include "escrow/v1/command_service.grpc.pb.h"
#include "escrow/v1/event_service.grpc.pb.h"
#include "escrow/v1/ledger_service.grpc.pb.h"
#include "escrow/v1/operations_service.grpc.pb.h"
#include "escrow/v1/payout_service.grpc.pb.h"
#include "escrow/v1/platform_service.grpc.pb.h"
#include "escrow/v1/transparency_service.grpc.pb.h"
#include "escrow/v1/vault_service.grpc.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "gtest/gtest.h"
#include "integration/coverage.h"
#include "publish/publisher.h"
#include "support/fault_journal.h"
#include "support/temp_folder.h"
#include "vault_files.h"

namespace escrow::test {

// Certificates made for one run: an authority, a server of loopback, a client.
struct Certificates {
  std::string authority;
  std::string server_chain;
  std::string server_key;
  std::string client_chain;
  std::string client_key;
};
[[nodiscard]] const Certificates& TestCertificates();

struct HarnessOptions {
  bool tls = false;
  bool rocks = false;  // on disk; otherwise in memory
  bool vault = true;
  engine::EngineOptions engine;
  api::ServerOptions server;
};

// A client with one channel of its own and one key, or none.
class Client {
 public:
  Client(std::shared_ptr<grpc::Channel> channel, std::string key);

  // Calls a unary method, such as &v1::PlatformService::Stub::GetPlatform.
  template <class Stub, class Request, class Response>
  grpc::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response) {
    grpc::ClientContext context;
    Prepare(context);
    return (std::get<std::unique_ptr<Stub>>(stubs_).get()->*method)(&context, request, &response);
  }
  // The same; the reason of the refusal or "OK".
  template <class Stub, class Request, class Response>
  std::string Try(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request) {
    Response response;
    return ReasonOf(Call(method, request, response));
  }
  // The same; it has to succeed.
  template <class Stub, class Request, class Response>
  Response Must(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request) {
    Response response;
    EXPECT_EQ(ReasonOf(Call(method, request, response)), "OK");
    return response;
  }

  // Runs a command by its unary method. A request id is made when it has none.
  [[nodiscard]] grpc::Status Execute(v1::Command command, v1::CommandReply& reply);
  std::string Run(const v1::Command& command);
  v1::CommandReply MustRun(const v1::Command& command);
  // Runs commands by ExecuteBatch; their reasons.
  std::vector<std::string> RunBatch(const std::vector<v1::Command>& commands, bool atomic);

  // Deadline and key.
  void Prepare(grpc::ClientContext& context) const;

  template <class Service>
  [[nodiscard]] typename Service::Stub& stub() {
    return *std::get<std::unique_ptr<typename Service::Stub>>(stubs_);
  }
  [[nodiscard]] const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::string key_;
  std::tuple<std::unique_ptr<v1::PlatformService::Stub>, std::unique_ptr<v1::AgreementService::Stub>,
             std::unique_ptr<v1::PayoutService::Stub>, std::unique_ptr<v1::LedgerService::Stub>,
             std::unique_ptr<v1::EventService::Stub>, std::unique_ptr<v1::CommandService::Stub>,
             std::unique_ptr<v1::OperationsService::Stub>, std::unique_ptr<v1::TransparencyService::Stub>,
             std::unique_ptr<v1::VaultService::Stub>>
      stubs_;
};

// A server in this process, on a free port of loopback, with the operator's key.
class Harness {
 public:
  explicit Harness(const HarnessOptions& options = {});
  ~Harness();

  // A client with this key; empty: none. With TLS the client has a certificate when `certificate` is set.
  [[nodiscard]] Client Connect(const std::string& key, bool certificate = false) const;
  // The client of the operator.
  [[nodiscard]] Client& root() { return *root_; }
  // Logs a credential with this id, whose key is its id repeated, and connects with it.
  [[nodiscard]] Client Make(std::string_view id, const v1::Principal& principal);

  // Stops the server and the engine and starts them again on the same log.
  void Restart();

  [[nodiscard]] FaultJournal& journal() { return *faults_; }
  [[nodiscard]] engine::Engine& engine() { return *engine_; }
  [[nodiscard]] api::Server& server() { return *server_; }
  [[nodiscard]] vault::Vault& vault() { return *vault_.vault; }
  [[nodiscard]] const std::string& folder() const { return folder_.path(); }

 private:
  void Start();

  HarnessOptions options_;
  TempFolder folder_;
  base::SystemClock clock_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<FaultJournal> faults_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<publish::Publisher> publisher_;
  daemon::VaultFiles vault_;
  std::unique_ptr<api::Server> server_;
  std::string root_key_;
  std::unique_ptr<Client> root_;
};

// A harness with the sandbox platform "shop" (clock at core::test::kStart, rail access), its parties buyer, seller,
// seller2, carrier, partner, and a client of the platform.
class Shop : public Harness {
 public:
  explicit Shop(const HarnessOptions& options = {});

  [[nodiscard]] Client& shop() { return *shop_; }
  // A client of a party of the shop, made when first asked for.
  [[nodiscard]] Client& party(const std::string& id);

 private:
  std::unique_ptr<Client> shop_;
  std::map<std::string, std::unique_ptr<Client>> parties_;
};

// A request id that was not used before.
[[nodiscard]] std::string NewRequestId();

inline std::string PlatformName(const std::string& id) { return "platforms/" + id; }
inline std::string AgreementName(const std::string& id) { return "platforms/shop/agreements/" + id; }
inline std::string PartyName(const std::string& id) { return "platforms/shop/parties/" + id; }
inline std::string PayoutName(const std::string& id) { return "platforms/shop/payouts/" + id; }

}  // namespace escrow::test
