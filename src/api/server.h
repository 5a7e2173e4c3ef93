#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/engine.h"
#include "publish/publisher.h"
#include "vault/vault.h"

namespace escrow::api {

// What proves the server to its clients, and whose certificates it takes from them. All PEM text.
struct TlsOptions {
  std::string certificate_chain;
  std::string private_key;
  std::string client_ca;  // empty: clients are not asked for certificates
  bool require_client_certificate = false;
};

// Bounds and habits of the server. Every field is a key of escrowd's configuration, but for the last four.
struct ServerOptions {
  std::string listen = "127.0.0.1:7443";
  std::optional<TlsOptions> tls;
  std::size_t reader_threads = 2;         // that read the log for the API
  std::size_t reads_waiting_max = 1'024;  // for a reader thread
  std::size_t event_streams_max = 256;
  std::size_t inflight_per_credential_max = 4'096;  // commands of one credential in the engine
  std::size_t reads_per_credential_max = 256;       // reads of one credential at a time
  std::size_t streams_per_credential_max = 64;      // event and command streams of one credential at a time
  std::size_t connections_max = 4'096;
  std::chrono::milliseconds handshake_time{10'000};  // from connecting to the first call being possible
  std::chrono::milliseconds idle_time{600'000};      // without a call or a ping; then a connection is closed
  std::size_t streams_per_connection_max = 1'024;    // HTTP/2 streams, that is calls at a time
  std::size_t memory_bytes_max = 512 << 20;          // of gRPC's buffers
  // The core on which gRPC's threads stay, of which one alone polls then; none: the kernel chooses, and gRPC.
  std::optional<std::size_t> shared_core;
  std::string version;
  vault::Vault* vault = nullptr;  // borrowed; null: the server has none
  // Tell the operator; on any thread.
  std::function<void(std::string_view)> warn = [](std::string_view) {};  // the log or the vault could not be used
  std::function<void(std::string_view)> warn_turned_away = [](std::string_view) {};
};

// Server: the gRPC services of the contract over one engine, with health and reflection.
//
// Threading: Drain and the destructor from one thread; the rest from any. Ownership: borrows engine and publisher
// (null: nothing is published), which must outlive it and whose credentials must be in its state before (the first one
// is made by escrowd itself).
class Server {
 public:
  // Listens and serves. INVALID_ARGUMENT for an address outside loopback without TLS: the packaged gRPC has known flaws
  // in the parsing of headers and must not be open to a network without a handshake before it (SECURITY.md).
  // UNAVAILABLE when the address cannot be had.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                                     engine::Engine& engine,
                                                                     publish::Publisher* publisher);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The port that was bound.
  [[nodiscard]] int port() const;

  // Stops: health says NOT_SERVING; streams end with DRAINING; all accepted work is finished and answered, new work
  // refused with DRAINING; calls that have not ended after `grace` are cut. Returns when no call is left. Once.
  void Drain(std::chrono::milliseconds grace);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace escrow::api
