#include "edge/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace escrow::edge {
namespace {

// A connection to loopback that speaks bytes, so that what is tested shares nothing with who is tested.
class Wire {
 public:
  explicit Wire(int port) : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Wire() { close(descriptor_); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  void Send(const std::string& bytes) { (void)!send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // All until the server closes.
  std::string ReadAll() {
    std::string all;
    char part[4'096];
    for (ssize_t count = 0; (count = recv(descriptor_, part, sizeof(part), 0)) > 0;) {
      all.append(part, static_cast<std::size_t>(count));
    }
    return all;
  }

 private:
  const int descriptor_;
  bool connected_ = false;
};

HttpResponse Echo(const HttpRequest& request) {
  return {.status = 200, .body = request.method + " " + request.target + " " + request.body};
}

std::unique_ptr<HttpServer> StartEcho(HttpServerOptions options = {}) {
  options.listen = "127.0.0.1:0";
  absl::StatusOr<std::unique_ptr<HttpServer>> server = HttpServer::Start(options, Echo);
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

std::string Ask(const HttpServer& server, const std::string& bytes) {
  Wire wire(server.port());
  wire.Send(bytes);
  return wire.ReadAll();
}

TEST(HttpServerTest, AnswersWhatIsAsked) {
  const auto server = StartEcho();
  const std::string answer = Ask(*server, "GET /a/b?c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nGET /a/b?c ")) << answer;
  EXPECT_NE(answer.find("Content-Length: 11\r\n"), std::string::npos) << answer;
}

TEST(HttpServerTest, AHeadHasTheLengthAndNoBody) {
  const std::string answer = Ask(*StartEcho(), "HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 7\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST(HttpServerTest, AConnectionCarriesManyRequests) {
  const std::string answer = Ask(*StartEcho(),
                                 "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
                                 "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
                                 "GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  for (const char* body : {"GET /1 ", "POST /2 hi", "GET /3 "}) {
    EXPECT_NE(answer.find(body), std::string::npos) << answer;
  }
}

TEST(HttpServerTest, WhoPassesABoundIsTurnedAway) {
  const auto server = StartEcho({.body_bytes_max = 10});
  EXPECT_TRUE(Ask(*server, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n").starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(
      Ask(*server, "GET / HTTP/1.1\r\nHost: " + std::string(9'000, 'x') + "\r\n\r\n").starts_with("HTTP/1.1 431"));
  EXPECT_EQ(Ask(*server, "this is not HTTP\r\n\r\n"), "");
}

TEST(HttpServerTest, ConnectionsAreBounded) {
  const auto server = StartEcho({.connections_max = 2});
  const Wire first(server->port());
  const Wire second(server->port());
  ASSERT_TRUE(first.connected() && second.connected());
  // Connections are accepted in their order.
  EXPECT_EQ(Ask(*server, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "");
}

TEST(HttpServerTest, WhoIsSlowIsCutOff) {
  const auto server = StartEcho({.patience = std::chrono::milliseconds(50)});
  EXPECT_EQ(Ask(*server, "GET / HT"), "");
}

TEST(HttpServerTest, AnAddressThatCannotBeHadIsAnError) {
  const auto server = StartEcho();
  for (const char* listen : {"127.0.0.1", "nowhere:1", "127.0.0.1:x", "127.0.0.1:70000", ""}) {
    EXPECT_EQ(HttpServer::Start({.listen = listen}, Echo).status().code(), absl::StatusCode::kInvalidArgument)
        << listen;
  }
  const std::string taken = "127.0.0.1:" + std::to_string(server->port());
  EXPECT_EQ(HttpServer::Start({.listen = taken}, Echo).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace escrow::edge
