#pragma once

#include <chrono>
#include <cstdint>

namespace escrow::api {

// Connection: a TCP connection that was given to gRPC, by its handle. gRPC does not tell when it closes one, and the
// handle may be that of another file soon after; so its file is remembered, too.
//
// Between a look and what is done for it, gRPC may close it and take another, which is then meant. That must be
// bearable for any connection.
//
// Any thread. Ownership: borrows the handle.
class Connection {
 public:
  // The one that has this handle now.
  explicit Connection(int handle);

  [[nodiscard]] int handle() const { return handle_; }
  // Whether it still has its handle.
  [[nodiscard]] bool IsOpen() const;
  // For how long nothing has come from the other side, not counting what only TCP itself says; zero when that cannot be
  // told. Milliseconds.
  [[nodiscard]] std::chrono::milliseconds SilentFor() const;
  // Ends it in both directions, which gRPC sees as if the other side had. Nothing happens when it is not open.
  void End() const;

 private:
  // What tells one file from another that gets its handle later.
  struct File {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    friend bool operator==(const File&, const File&) = default;
  };

  [[nodiscard]] static File FileOf(int handle);

  int handle_;
  File file_;
};

}  // namespace escrow::api
