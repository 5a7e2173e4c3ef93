#pragma once

#include <string>
#include <thread>

namespace escrow::audit::test {

// HttpFolder: serves the files of a folder on a free port of 127.0.0.1, one request a connection, as little of HTTP/1.1
// as a client of a log needs. A thread of its own until the end.
class HttpFolder {
 public:
  explicit HttpFolder(std::string folder);
  ~HttpFolder();
  HttpFolder(const HttpFolder&) = delete;
  HttpFolder& operator=(const HttpFolder&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  void Serve() const;

  const std::string folder_;
  int listener_ = -1;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace escrow::audit::test
