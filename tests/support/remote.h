#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "escrow/v1/command.pb.h"
#include "escrow/v1/command_reply.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "support/server_process.h"

// A client of a real escrowd. Any thread.
namespace escrow::test {

// The reason of a refusal, "OK", or empty when the server did not say what became of the call (it died, the deadline
// passed, the call was cancelled).
[[nodiscard]] std::string ReasonOf(const grpc::Status& status);

// A connection of its own and a key, or none.
class Remote {
 public:
  Remote(const std::string& address, std::string key);

  [[nodiscard]] const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  // Key and deadline.
  void Prepare(grpc::ClientContext& context, std::chrono::microseconds deadline = std::chrono::seconds(30)) const;

  // Executes a command by itself. `deadline` as above.
  [[nodiscard]] grpc::Status Execute(const v1::Command& command, v1::CommandReply& reply,
                                     std::chrono::microseconds deadline = std::chrono::seconds(30)) const;

 private:
  std::shared_ptr<grpc::Channel> channel_;
  const std::string key_;
};

// Makes a platform that reports its own deposits, with parties "buyer" and "seller". Gives the key of the platform. On
// a server where they are already, only gives the key. The operator's requests have the numbers from `first_request`
// on, the platform's from 1.
[[nodiscard]] std::string SetUpShop(const ServerProcess& server, const std::string& platform_id = "shop",
                                    std::uint64_t first_request = 1);

}  // namespace escrow::test
