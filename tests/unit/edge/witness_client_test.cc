#include "edge/witness_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <stop_token>
#include <thread>

#include "edge/http_server.h"

namespace escrow::edge {
namespace {

using Clock = std::chrono::steady_clock;

// A server on loopback that answers what `handler` says.
std::unique_ptr<HttpServer> Serve(HttpHandler handler) {
  HttpServerOptions options;
  options.listen = "127.0.0.1:0";
  return HttpServer::Start(options, std::move(handler)).value();
}

std::string UrlOf(int port) { return "http://127.0.0.1:" + std::to_string(port); }

absl::StatusOr<tlog::WitnessResponse> Ask(const std::string& url, const std::string& body = "old 0\n") {
  return (*ConnectWitness(url))->AddCheckpoint(body, std::stop_token());
}

// A port of loopback where connections wait for ever, as nobody takes them.
class DeafPort {
 public:
  DeafPort() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(socket_, 4), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~DeafPort() { close(socket_); }
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;

  [[nodiscard]] int port() const { return port_; }

 private:
  const int socket_;
  int port_ = 0;
};

TEST(WitnessClientTest, SendsTheBodyAndBringsTheAnswer) {
  const auto server = Serve([](const HttpRequest& request) {
    return HttpResponse{.status = 409,
                        .content_type = "text/x.tlog.size",
                        .body = request.method + " " + request.target + " " + request.body};
  });
  for (const char* prefix : {"/witness", "/witness/", "/witness//", "", "/"}) {
    const auto answer = Ask(UrlOf(server->port()) + prefix);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->status, 409);
    EXPECT_EQ(answer->content_type, "text/x.tlog.size");
    const std::string path = std::string(prefix).starts_with("/w") ? "/witness/add-checkpoint" : "/add-checkpoint";
    EXPECT_EQ(answer->body, "POST " + path + " old 0\n");
  }
}

TEST(WitnessClientTest, AConnectionServesManyCalls) {
  const auto server = Serve([](const HttpRequest& request) { return HttpResponse{.body = request.body}; });
  const auto connection = *ConnectWitness(UrlOf(server->port()));
  for (const std::size_t bytes : {1U, 20'000U, 7U, 0U}) {
    const auto answer = connection->AddCheckpoint(std::string(bytes, 'x'), std::stop_token());
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->body, std::string(bytes, 'x'));
  }
}

// A log that had nothing new for a while finds the connection closed.
TEST(WitnessClientTest, AConnectionThatWasClosedIsOpenedAgain) {
  HttpServerOptions options;
  options.listen = "127.0.0.1:0";
  options.patience = std::chrono::milliseconds(100);
  const auto server =
      HttpServer::Start(options, [](const HttpRequest& request) { return HttpResponse{.body = request.body}; }).value();
  const auto connection = *ConnectWitness(UrlOf(server->port()));
  for (const char* body : {"one", "two", "three"}) {
    const auto answer = connection->AddCheckpoint(body, std::stop_token());
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->body, body);
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
  }
}

TEST(WitnessClientTest, AnAnswerHasABound) {
  std::size_t bytes = 65'536;
  const auto server = Serve([&](const HttpRequest&) { return HttpResponse{.body = std::string(bytes, 'x')}; });
  EXPECT_EQ(Ask(UrlOf(server->port()))->body.size(), 65'536U);
  ++bytes;
  const absl::Status more = Ask(UrlOf(server->port())).status();
  EXPECT_EQ(more.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(more.message(), UrlOf(server->port()) + "/add-checkpoint answers more than 65536 bytes");
}

TEST(WitnessClientTest, NobodyThereIsUnavailable) {
  int port = 0;
  {
    const DeafPort gone;
    port = gone.port();
  }
  const absl::Status status = Ask(UrlOf(port)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(status.message(), UrlOf(port) + "/add-checkpoint: Couldn't connect to server");
}

TEST(WitnessClientTest, ACallEndsByItself) {
  const DeafPort deaf;
  const Clock::time_point before = Clock::now();
  const absl::Status status = Ask(UrlOf(deaf.port())).status();
  EXPECT_EQ(status.message(), UrlOf(deaf.port()) + "/add-checkpoint: Timeout was reached");
  EXPECT_GE(Clock::now() - before, std::chrono::seconds(4));
  EXPECT_LT(Clock::now() - before, std::chrono::seconds(15));
}

TEST(WitnessClientTest, ACallIsCutWhenItIsToStop) {
  const DeafPort deaf;
  std::stop_source stop;
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stop.request_stop();
  });
  const absl::Status status =
      (*ConnectWitness(UrlOf(deaf.port())))->AddCheckpoint("old 0\n", stop.get_token()).status();
  stopper.join();
  EXPECT_EQ(status.message(), UrlOf(deaf.port()) + "/add-checkpoint: Operation was aborted by an application callback");
}

TEST(WitnessClientTest, UrlsAreCheckedBeforeTheyAreUsed) {
  for (const char* good : {"http://w.org", "https://w.org/", "https://w.org:8443/log/witness", "http://[::1]:80/w"}) {
    EXPECT_TRUE(CheckWitnessUrl(good).ok()) << good;
  }
  const std::pair<const char*, const char*> bad[] = {
      {"ftp://w.org/w", "is neither of http nor of https"},
      {"file:///etc/passwd", "is neither of http nor of https"},
      {"w.org/w", "is none: "},
      {"", "is none: "},
      {"http://", "is none: "},
      {"http://w.org:99999/", "is none: "},
      {"http://w.org/?w", "may have neither a query nor a fragment"},
      {"http://w.org/#w", "may have neither a query nor a fragment"},
  };
  for (const auto& [url, reason] : bad) {
    const absl::Status status = ConnectWitness(url).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << url;
    EXPECT_NE(status.message().find(reason), std::string::npos) << status;
  }
}

}  // namespace
}  // namespace escrow::edge
