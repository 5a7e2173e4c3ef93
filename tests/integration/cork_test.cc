#include "api/cork.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"

// Goal: replies that are given in one go leave together, and whatever becomes of a connection does no harm.
namespace escrow::test {
namespace {

// Two ends of a TCP connection over loopback.
class Pair {
 public:
  Pair() {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    ESCROW_ASSERT(bind(listener, generic, size) == 0 && listen(listener, 1) == 0);
    ESCROW_ASSERT(getsockname(listener, generic, &size) == 0);
    client_ = socket(AF_INET, SOCK_STREAM, 0);
    ESCROW_ASSERT(connect(client_, generic, size) == 0);
    server_ = accept(listener, nullptr, nullptr);
    ESCROW_ASSERT(server_ >= 0 && close(listener) == 0);
    const int on = 1;  // as gRPC does
    ESCROW_ASSERT(setsockopt(server_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
  }
  ~Pair() {
    close(client_);
    Close();
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  [[nodiscard]] api::Connection server() const { return api::Connection(server_); }
  void Close() {
    if (server_ >= 0) {
      close(std::exchange(server_, -1));
    }
  }
  void Send(const std::string& bytes) const {
    ESCROW_ASSERT(send(server_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  }
  // What has come to the client, waiting so long for the first of it.
  [[nodiscard]] std::string Receive(int milliseconds) const {
    pollfd wait{.fd = client_, .events = POLLIN, .revents = 0};
    std::string bytes(1'024, '\0');
    const ssize_t got = poll(&wait, 1, milliseconds) == 1 ? recv(client_, bytes.data(), bytes.size(), 0) : 0;
    bytes.resize(static_cast<std::size_t>(got));
    return bytes;
  }
  [[nodiscard]] bool IsCorked() const {
    int value = 0;
    socklen_t size = sizeof value;
    ESCROW_ASSERT(getsockopt(server_, IPPROTO_TCP, TCP_CORK, &value, &size) == 0);
    return value != 0;
  }

 private:
  int client_ = -1;
  int server_ = -1;
};

constexpr int kNoTime = 10;          // milliseconds, less than the 200 for which the kernel keeps bytes
constexpr int kLongEnough = 10'000;  // milliseconds

TEST(CorkTest, RepliesOfOneGoLeaveTogether) {
  const Pair one;
  const Pair other;
  api::Cork cork;
  cork.Add(one.server());
  cork.Add(other.server());
  cork.BeginReplies(3);
  one.Send("a");
  other.Send("b");
  one.Send("c");
  EXPECT_EQ(one.Receive(kNoTime), "");
  cork.EndReplies();
  EXPECT_EQ(one.Receive(kLongEnough), "ac");
  EXPECT_EQ(other.Receive(kLongEnough), "b");
  one.Send("d");
  EXPECT_EQ(one.Receive(kLongEnough), "d") << "the cork is out";
}

TEST(CorkTest, NothingIsCorkedThatWouldNotGainByIt) {
  api::Cork cork;
  cork.BeginReplies(100);  // nobody is there
  cork.EndReplies();
  std::vector<std::unique_ptr<Pair>> pairs;
  for (std::size_t i = 0; i < api::Cork::kConnectionsMax; ++i) {
    cork.Add(pairs.emplace_back(std::make_unique<Pair>())->server());
  }
  cork.BeginReplies(pairs.size());
  EXPECT_FALSE(pairs[0]->IsCorked()) << "as many replies as connections";
  cork.EndReplies();
  cork.BeginReplies(pairs.size() + 1);
  EXPECT_TRUE(pairs[0]->IsCorked());
  cork.EndReplies();
  EXPECT_FALSE(pairs[0]->IsCorked());
  cork.Add(pairs.emplace_back(std::make_unique<Pair>())->server());
  cork.BeginReplies(1'000);
  EXPECT_FALSE(pairs[0]->IsCorked()) << "too many connections";
  cork.EndReplies();
  // When one more comes, those that have ended are forgotten.
  pairs[1]->Close();
  pairs[2]->Close();
  cork.Add(pairs.emplace_back(std::make_unique<Pair>())->server());
  cork.BeginReplies(1'000);
  EXPECT_TRUE(pairs[0]->IsCorked());
  cork.EndReplies();
  EXPECT_FALSE(pairs[0]->IsCorked());
}

TEST(CorkTest, AConnectionMayEndAtAnyTime) {
  Pair ends;
  Pair ends_between;
  const Pair stays;
  api::Cork cork;
  cork.Add(ends.server());
  cork.Add(ends_between.server());
  cork.Add(stays.server());
  ends.Close();
  cork.BeginReplies(10);
  EXPECT_TRUE(stays.IsCorked());
  ends_between.Close();
  cork.EndReplies();
  EXPECT_FALSE(stays.IsCorked());
  cork.Add(stays.server());  // again: as the handle of a new connection would be
  cork.BeginReplies(2);
  EXPECT_TRUE(stays.IsCorked());
  cork.EndReplies();
  EXPECT_FALSE(stays.IsCorked());
}

}  // namespace
}  // namespace escrow::test
