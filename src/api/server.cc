#include "api/server.h"

#include <algorithm>
#include <vector>

#include "api/acceptor.h"
#include "api/agreement_service.h"
#include "api/backend.h"
#include "api/command_service.h"
#include "api/cork.h"
#include "api/event_service.h"
#include "api/ledger_service.h"
#include "api/listen_address.h"
#include "api/operations_service.h"
#include "api/payout_service.h"
#include "api/platform_service.h"
#include "api/poller_rest.h"
#include "api/transparency_service.h"
#include "api/vault_service.h"
#include "base/assert.h"
#include "base/cores.h"
#include "core/machine.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"

namespace escrow::api {
namespace {

constexpr int kMessageBytesMax = 4 << 20;
constexpr std::size_t kPastReadsWaitingMax = 64;
constexpr std::size_t kVaultCallsMax = 256;  // that wait for the vault
constexpr std::chrono::milliseconds kKeepalive{60'000};
constexpr int kKeepaliveTimeoutMs = 20'000;

std::shared_ptr<grpc::ServerCredentials> MakeCredentials(const std::optional<TlsOptions>& tls) {
  if (!tls) {
    return grpc::InsecureServerCredentials();
  }
  grpc_ssl_client_certificate_request_type request = GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
  if (!tls->client_ca.empty()) {
    request = tls->require_client_certificate ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                              : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
  }
  grpc::SslServerCredentialsOptions options(request);
  options.pem_root_certs = tls->client_ca;
  options.pem_key_cert_pairs.push_back({tls->private_key, tls->certificate_chain});
  return grpc::SslServerCredentials(options);
}

void SetBounds(const ServerOptions& options, grpc::ServerBuilder& builder) {
  grpc::ResourceQuota quota("escrowd");
  quota.Resize(options.memory_bytes_max);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kMessageBytesMax);
  // Counts each call and message for a service that is not offered: 3 % of a unary call (docs/PERFORMANCE.md, 26).
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, static_cast<int>(options.streams_per_connection_max));
  // While calls are open, and only then, since the answer is what tells the Acceptor that the connection is not idle.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS,
                             static_cast<int>(std::min(kKeepalive, options.idle_time / 2).count()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 0);
  // Clients may ask as often as they like: to be answered costs less than any call, which needs no credential either.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
  // Who connects and says nothing, or talks TLS and HTTP/2 a byte at a time, is gone by then.
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, static_cast<int>(options.handshake_time.count()));
}

// A server whose threads stay on `core`: where who starts them may run, they may.
std::unique_ptr<grpc::Server> StartOn(std::optional<std::size_t> core, grpc::ServerBuilder& builder) {
  if (!core) {
    return builder.BuildAndStart();
  }
  const std::vector<std::size_t> cores = base::CoresOfThread();
  base::KeepThreadOn({*core});
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  base::KeepThreadOn(cores);
  return server;
}

}  // namespace

class Server::Impl {
 public:
  Impl(const ServerOptions& options, engine::Engine& engine, publish::Publisher* publisher)
      : backend_{.engine = engine,
                 .publisher = publisher,
                 .version = options.version,
                 .inflight_per_credential_max = options.inflight_per_credential_max,
                 .reads_per_credential_max = options.reads_per_credential_max,
                 .streams_per_credential_max = options.streams_per_credential_max,
                 .warn = options.warn,
                 .credentials = {},
                 .participants = ParticipantIndex(engine),
                 .hub = EventHub(engine, options.event_streams_max),
                 .readers = ReaderPool(options.reader_threads, options.reads_waiting_max),
                 .replayer = ReaderPool(1, 1),
                 .look_back = LookBack(engine.journal(), kPastReadsWaitingMax, options.warn),
                 .vault = options.vault,
                 .vault_writer = ReaderPool(1, kVaultCallsMax)} {}

  ~Impl() { Drain(std::chrono::milliseconds(0)); }

  absl::Status Start(const ServerOptions& options) {
    const v1::Reason reason = backend_.engine.QueryAndWait(
        [this](const core::Machine& machine, base::Time) { backend_.credentials.Load(machine.state()); });
    if (reason != v1::REASON_UNSPECIFIED) {
      return absl::UnavailableError("the engine does not answer: " + v1::Reason_Name(reason));
    }
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    SetBounds(options, builder);
    // Binds before anything is built: a second escrowd on the same port must fail, not share it.
    absl::StatusOr<std::unique_ptr<Acceptor>> acceptor =
        Acceptor::Listen(*ParseListenAddress(options.listen), options.connections_max, options.idle_time);
    if (!acceptor.ok()) {
      return absl::UnavailableError("cannot listen on " + options.listen + ": " +
                                    std::string(acceptor.status().message()));
    }
    auto connections = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, MakeCredentials(options.tls));
    for (grpc::Service* service :
         std::initializer_list<grpc::Service*>{&platforms_, &agreements_, &payouts_, &ledger_, &events_, &commands_,
                                               &operations_, &transparency_, &vault_}) {
      builder.RegisterService(service);
    }
    server_ = StartOn(options.shared_core, builder);
    if (server_ == nullptr) {
      return absl::UnavailableError("cannot serve on " + options.listen + ": key and certificate do not fit");
    }
    if (options.shared_core) {
      poller_rest_.emplace();
    }
    server_->GetHealthCheckService()->SetServingStatus(true);
    acceptor_ = *std::move(acceptor);
    port_ = acceptor_->port();
    backend_.engine.SetReplyObserver(&cork_);
    acceptor_->Start(std::move(connections), cork_, options.warn_turned_away);
    return absl::OkStatus();
  }

  void Drain(std::chrono::milliseconds grace) {
    if (server_ == nullptr) {
      return;
    }
    server_->GetHealthCheckService()->SetServingStatus(false);
    backend_.hub.Close();
    backend_.look_back.Stop();
    backend_.engine.Drain();
    acceptor_ = nullptr;
    backend_.engine.SetReplyObserver(nullptr);
    server_->Shutdown(std::chrono::system_clock::now() + grace);
    server_->Wait();
    poller_rest_.reset();
    server_ = nullptr;
  }

  [[nodiscard]] int port() const { return port_; }

 private:
  Backend backend_;
  PlatformService platforms_{backend_};
  AgreementService agreements_{backend_};
  PayoutService payouts_{backend_};
  LedgerService ledger_{backend_};
  EventService events_{backend_};
  CommandService commands_{backend_};
  OperationsService operations_{backend_};
  TransparencyService transparency_{backend_};
  VaultService vault_{backend_};
  int port_ = 0;
  Cork cork_;
  std::unique_ptr<Acceptor> acceptor_;
  std::optional<PollerRest> poller_rest_;  // while there is a server
  std::unique_ptr<grpc::Server> server_;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() = default;

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, engine::Engine& engine,
                                                      publish::Publisher* publisher) {
  const absl::StatusOr<ListenAddress> address = ParseListenAddress(options.listen);
  if (!address.ok()) {
    return address.status();
  }
  if (!address->loopback && !options.tls) {
    return absl::InvalidArgumentError("refusing to listen on " + options.listen +
                                      " without TLS: only loopback addresses may be served in clear");
  }
  auto impl = std::make_unique<Impl>(options, engine, publisher);
  const absl::Status status = impl->Start(options);
  if (!status.ok()) {
    return status;
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

int Server::port() const { return impl_->port(); }

void Server::Drain(std::chrono::milliseconds grace) { impl_->Drain(grace); }

}  // namespace escrow::api
