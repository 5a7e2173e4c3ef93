#include "edge/http_server.h"

#include <pthread.h>

#include <atomic>
#include <charconv>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/strand.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/core/tcp_stream.hpp"
#include "boost/beast/http/error.hpp"
#include "boost/beast/http/message.hpp"
#include "boost/beast/http/parser.hpp"
#include "boost/beast/http/read.hpp"
#include "boost/beast/http/string_body.hpp"
#include "boost/beast/http/write.hpp"

namespace escrow::edge {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::uint32_t kHeaderBytesMax = 8 << 10;
constexpr std::size_t kDiscardBytes = 4 << 10;

// HOST:PORT with the brackets of an IPv6 address taken off; nothing when it is not.
std::optional<tcp::endpoint> ParseAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  error_code error;
  const asio::ip::address address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error || digits.empty() || fault != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return tcp::endpoint(address, port);
}

// What the connections share.
struct Shared {
  const HttpServerOptions options;
  const HttpHandler handler;
  std::atomic<std::size_t> connections = 0;
};

// One connection, which keeps itself alive while an operation is under way. All on its strand.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, Shared& shared) : stream_(std::move(socket)), shared_(shared) {}
  ~Connection() { --shared_.connections; }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Read() {
    parser_.emplace();
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(shared_.options.body_bytes_max);
    stream_.expires_after(shared_.options.patience);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, std::size_t) { self->OnRead(error); });
  }

 private:
  void OnRead(const error_code& error) {
    if (error == http::error::body_limit) {
      return Write({.status = 413, .body = "the request is too large\n"}, false, false);
    }
    if (error == http::error::header_limit) {
      return Write({.status = 431, .body = "the header is too large\n"}, false, false);
    }
    if (error) {
      return;  // it has closed, or was too slow, or does not speak HTTP
    }
    const http::request<http::string_body>& request = parser_->get();
    const bool head = request.method() == http::verb::head;
    const HttpResponse response = shared_.handler({.method = head ? "GET" : std::string(request.method_string()),
                                                   .target = std::string(request.target()),
                                                   .body = request.body()});
    Write(response, request.keep_alive(), head);
  }

  void Write(const HttpResponse& response, bool keep_alive, bool head) {
    response_ = {};
    response_.version(11);
    response_.result(response.status);
    response_.set(http::field::content_type, response.content_type);
    response_.set(http::field::cache_control, response.cache_control);
    response_.set("X-Content-Type-Options", "nosniff");
    response_.keep_alive(keep_alive);
    response_.content_length(response.body.size());
    if (!head) {
      response_.body() = response.body;
    }
    stream_.expires_after(shared_.options.patience);
    http::async_write(stream_, response_, [self = shared_from_this(), keep_alive](error_code error, std::size_t) {
      if (error) {
        return;
      }
      if (keep_alive) {
        self->Read();
        return;
      }
      error_code ignored;
      self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
      self->Discard();
    });
  }

  // Reads what the other side still sends, until it closes or its time is over: closing at once could take the response
  // away from it (RFC 9112 section 9.6).
  void Discard() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(kDiscardBytes), [self = shared_from_this()](error_code error, std::size_t) {
      if (!error) {
        self->Discard();
      }
    });
  }

  beast::tcp_stream stream_;
  Shared& shared_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
};

}  // namespace

class HttpServer::Impl {
 public:
  Impl(const HttpServerOptions& options, HttpHandler handler)
      : shared_{.options = options, .handler = std::move(handler)}, acceptor_(context_), pause_(context_) {}

  ~Impl() {
    context_.stop();
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }

  error_code Listen(const tcp::endpoint& endpoint) {
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) {
      acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    }
    if (!error) {
      acceptor_.bind(endpoint, error);
    }
    if (!error) {
      acceptor_.listen(asio::socket_base::max_listen_connections, error);
    }
    return error;
  }

  void Run() {
    port_ = acceptor_.local_endpoint().port();
    Accept();
    for (std::size_t i = 0; i < shared_.options.threads; ++i) {
      pthread_setname_np(threads_.emplace_back([this] { context_.run(); }).native_handle(), "escrow-http");
    }
  }

  [[nodiscard]] int port() const { return port_; }

 private:
  void Accept() {
    acceptor_.async_accept(asio::make_strand(context_), [this](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) {
        return;
      }
      if (error) {
        AcceptLater();
        return;
      }
      if (shared_.connections < shared_.options.connections_max) {
        ++shared_.connections;
        std::make_shared<Connection>(std::move(socket), shared_)->Read();
      }
      Accept();
    });
  }

  // The process is out of file handles, say. That passes, and must not take the processor meanwhile.
  void AcceptLater() {
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](error_code error) {
      if (!error) {
        Accept();
      }
    });
  }

  Shared shared_;
  asio::io_context context_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  int port_ = 0;
  std::vector<std::thread> threads_;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() = default;

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options, HttpHandler handler) {
  const std::optional<tcp::endpoint> endpoint = ParseAddress(options.listen);
  if (!endpoint) {
    return absl::InvalidArgumentError(absl::StrCat(options.listen, " is not an address and a port"));
  }
  auto impl = std::make_unique<Impl>(options, std::move(handler));
  if (const error_code error = impl->Listen(*endpoint); error) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", options.listen, ": ", error.message()));
  }
  impl->Run();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

int HttpServer::port() const { return impl_->port(); }

}  // namespace escrow::edge
