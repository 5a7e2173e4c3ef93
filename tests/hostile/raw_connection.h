#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

namespace escrow::test {

// A bare TCP connection to a port of loopback. Not thread-safe.
class RawConnection {
 public:
  explicit RawConnection(int port);
  ~RawConnection();
  RawConnection(RawConnection&& other) noexcept;
  RawConnection& operator=(RawConnection&&) = delete;

  // False when the server has closed it, or does not take so much now.
  bool Send(std::string_view bytes);
  // Takes and drops what comes until the server closes. False when it has not within `time`.
  bool AwaitClose(std::chrono::milliseconds time);

 private:
  int socket_;
};

}  // namespace escrow::test
