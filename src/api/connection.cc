#include "api/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace escrow::api {

Connection::Connection(int handle) : handle_(handle), file_(FileOf(handle)) {}

Connection::File Connection::FileOf(int handle) {
  struct stat info{};
  if (fstat(handle, &info) != 0) {
    return {};
  }
  return {.device = info.st_dev, .inode = info.st_ino};
}

bool Connection::IsOpen() const { return FileOf(handle_) == file_; }

std::chrono::milliseconds Connection::SilentFor() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  const bool known = getsockopt(handle_, IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
  return std::chrono::milliseconds(known ? info.tcpi_last_data_recv : 0);
}

void Connection::End() const {
  if (IsOpen()) {
    (void)shutdown(handle_, SHUT_RDWR);  // fails when the other side was first
  }
}

}  // namespace escrow::api
