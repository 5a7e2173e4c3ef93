#include "api/server.h"

#include <charconv>

#include "api/agreement_service.h"
#include "api/backend.h"
#include "api/command_service.h"
#include "api/event_service.h"
#include "api/ledger_service.h"
#include "api/operations_service.h"
#include "api/payout_service.h"
#include "api/platform_service.h"
#include "base/assert.h"
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
constexpr int kKeepaliveMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
constexpr int kPingIntervalMsMin = 10'000;

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
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, static_cast<int>(options.streams_per_connection_max));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kPingIntervalMsMin);
  // A second escrowd on the same port must fail, not share it.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

// Whether text is a number of an IPv4 loopback address, 127.x.y.z.
bool IsLoopbackV4(std::string_view host) {
  if (!host.starts_with("127.")) {
    return false;
  }
  int parts = 0;
  const char* at = host.data();
  const char* const end = host.data() + host.size();
  while (true) {
    unsigned value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc() || value > 255) {
      return false;
    }
    ++parts;
    if (next == end) {
      return parts == 4;
    }
    if (*next != '.') {
      return false;
    }
    at = next + 1;
  }
}

}  // namespace

absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  ListenAddress address;
  if (colon != std::string::npos) {
    address.host = text.substr(0, colon);
    const char* const end = text.data() + text.size();
    const auto [next, error] = std::from_chars(text.data() + colon + 1, end, address.port);
    const bool bracketed = address.host.starts_with('[') && address.host.ends_with(']');
    if (bracketed) {
      address.host = address.host.substr(1, address.host.size() - 2);
    }
    const bool host_good = !address.host.empty() && (bracketed || address.host.find(':') == std::string::npos);
    if (error == std::errc() && next == end && address.port >= 0 && address.port <= 65'535 && host_good) {
      address.loopback = IsLoopbackV4(address.host) || address.host == "::1" || address.host == "localhost";
      return address;
    }
  }
  return absl::InvalidArgumentError("the listen address must be HOST:PORT or [IPV6]:PORT");
}

class Server::Impl {
 public:
  Impl(const ServerOptions& options, engine::Engine& engine)
      : backend_{.engine = engine,
                 .version = options.version,
                 .inflight_per_credential_max = options.inflight_per_credential_max,
                 .warn = options.warn,
                 .credentials = {},
                 .participants = ParticipantIndex(engine),
                 .hub = EventHub(engine, options.event_streams_max),
                 .readers = ReaderPool(options.reader_threads, options.reads_waiting_max),
                 .replayer = ReaderPool(1, 1)} {}

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
    builder.AddListeningPort(options.listen, MakeCredentials(options.tls), &port_);
    for (grpc::Service* service : std::initializer_list<grpc::Service*>{&platforms_, &agreements_, &payouts_, &ledger_,
                                                                        &events_, &commands_, &operations_}) {
      builder.RegisterService(service);
    }
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port_ == 0) {
      return absl::UnavailableError(
          "cannot listen on " + options.listen +
          ": the address is in use or not of this machine, or key and certificate do not fit");
    }
    server_->GetHealthCheckService()->SetServingStatus(true);
    return absl::OkStatus();
  }

  void Drain(std::chrono::milliseconds grace) {
    if (server_ == nullptr) {
      return;
    }
    server_->GetHealthCheckService()->SetServingStatus(false);
    backend_.hub.Close();
    backend_.engine.Drain();
    server_->Shutdown(std::chrono::system_clock::now() + grace);
    server_->Wait();
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
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() = default;

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, engine::Engine& engine) {
  const absl::StatusOr<ListenAddress> address = ParseListenAddress(options.listen);
  if (!address.ok()) {
    return address.status();
  }
  if (!address->loopback && !options.tls) {
    return absl::InvalidArgumentError("refusing to listen on " + options.listen +
                                      " without TLS: only loopback addresses may be served in clear");
  }
  auto impl = std::make_unique<Impl>(options, engine);
  const absl::Status status = impl->Start(options);
  if (!status.ok()) {
    return status;
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

int Server::port() const { return impl_->port(); }

void Server::Drain(std::chrono::milliseconds grace) { impl_->Drain(grace); }

}  // namespace escrow::api
