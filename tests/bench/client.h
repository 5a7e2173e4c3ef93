#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/calls.h"
#include "escrow/v1/operations_service.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/byte_buffer.h"

// A load generator for gRPC that costs as little as it can, since it shares the cores with the server: requests are
// serialised before the clock starts, replies are looked at after it stopped. The same code calls escrowd and the echo.
namespace escrow::bench {

// What became of the calls of a run.
struct Replies {
  double seconds = 0;                      // from the first call to the last reply
  std::vector<std::int64_t> latencies_ns;  // in no order
  std::vector<grpc::ByteBuffer> bodies;    // in no order; empty unless they were asked for
};

struct RunOptions {
  std::size_t lanes = 1;     // calls in flight at most; each lane works off one chain after the other
  bool keep_bodies = false;  // of the replies
  bool may_fail = false;     // a call that fails ends its lane, otherwise the program
};

// Adds the credential of the platform.
void Authorize(grpc::ClientContext& context);

// A server that is called.
class Client {
 public:
  // `connections` of them, which the lanes share evenly.
  Client(const std::string& address, std::size_t connections);

  // Waits until the server answers a GetServerStatus; an error when it did not within ten minutes.
  [[nodiscard]] grpc::Status AwaitServing(v1::ServerStatus& status) const;

  // Closed loop: a lane sends its next call when the last one was answered.
  Replies RunClosed(const std::vector<Chain>& chains, const RunOptions& options) const;

  // Open loop: calls arrive at a fixed `rate` per second, whatever becomes of those before; one whose time has come and
  // that finds no free lane waits for one. Latency counts from the time at which the call should have been sent, so
  // that what a slow reply delays is counted, too. The last calls, for which there may be no chain left for every lane,
  // are made but not measured.
  Replies RunOpen(const std::vector<Chain>& chains, const RunOptions& options, double rate) const;

  // See RunStreams.
  [[nodiscard]] const std::vector<std::shared_ptr<grpc::Channel>>& channels() const { return channels_; }

 private:
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
};

}  // namespace escrow::bench
