#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "edge/http.h"

namespace escrow::edge {

// Bounds of the server. Whoever passes one is turned away and nobody else notices.
struct HttpServerOptions {
  std::string listen = "127.0.0.1:7480";  // HOST:PORT or [IPV6]:PORT
  std::size_t threads = 1;
  std::size_t connections_max = 256;           // more are closed as they come
  std::size_t body_bytes_max = 1 << 20;        // of a request; 413
  std::chrono::milliseconds patience{10'000};  // for a request to arrive, and for a response to be taken
};

// HttpServer: HTTP/1.1 in clear, for what is public and proves itself by signatures: there is nothing to steal and
// nothing that could be changed unnoticed. TLS, where it is wanted, is the business of a proxy before it.
//
// Threading: the handler is called on the server's threads; port and destructor on any. Ownership: what the handler
// uses must outlive the server.
class HttpServer {
 public:
  // INVALID_ARGUMENT when the address has not its form, UNAVAILABLE when it cannot be had.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options,
                                                                         HttpHandler handler);
  // Closes all connections.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // The port that was bound.
  [[nodiscard]] int port() const;

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace escrow::edge
