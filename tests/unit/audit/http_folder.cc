#include "unit/audit/http_folder.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "audit/file_bytes.h"
#include "base/assert.h"

namespace escrow::audit::test {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{64} << 20U;

void SendAll(int connection, const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t count = send(connection, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) {
      return;  // the client has gone
    }
    sent += static_cast<std::size_t>(count);
  }
}

// "GET /path HTTP/1.1" -> "/path"
std::string PathOf(const std::string& request) {
  const std::size_t begin = request.find(' ') + 1;
  return request.substr(begin, request.find(' ', begin) - begin);
}

}  // namespace

HttpFolder::HttpFolder(std::string folder) : folder_(std::move(folder)) {
  listener_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* any = reinterpret_cast<const sockaddr*>(&address);
  ESCROW_ASSERT(bind(listener_, any, sizeof address) == 0 && listen(listener_, 16) == 0);
  socklen_t size = sizeof address;
  ESCROW_ASSERT(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

HttpFolder::~HttpFolder() {
  shutdown(listener_, SHUT_RDWR);  // accept returns
  thread_.join();
  close(listener_);
}

void HttpFolder::Serve() const {
  for (int connection = accept(listener_, nullptr, nullptr); connection >= 0;
       connection = accept(listener_, nullptr, nullptr)) {
    std::string request;
    char bytes[4096];
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t count = recv(connection, bytes, sizeof bytes, 0);
      if (count <= 0) {
        break;
      }
      request.append(bytes, static_cast<std::size_t>(count));
    }
    const absl::StatusOr<std::string> file = ReadWholeFile(folder_ + PathOf(request), kFileBytesMax);
    const std::string body = file.value_or("");
    SendAll(connection, std::string("HTTP/1.1 ") + (file.ok() ? "200 OK" : "404 Not Found") +
                            "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                            body);
    close(connection);
  }
}

}  // namespace escrow::audit::test
