#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "escrowctl/methods.h"
#include "google/protobuf/message.h"

namespace grpc {
class Channel;
}

namespace escrow::ctl {

// How to reach a server and as whom.
struct ConnectionOptions {
  std::string address = "127.0.0.1:7443";
  std::string api_key;                // empty: none is sent
  std::string ca_file;                // PEM; set: TLS with these roots
  std::string certificate_file;       // PEM; the client's own, with key_file
  std::string key_file;               // PEM
  bool tls = false;                   // TLS with the system's roots when ca_file is empty
  std::int64_t timeout_seconds = 30;  // of one unary call
};

// Client: calls any method of the contract, chosen by the type of its request (every request type belongs to one
// method).
//
// Errors: the status of the call. A status that came from the server or from the connection carries the
// google.rpc.Status (see errors.h); any other is this program's own. Threading: one thread at a time. Ownership: shares
// the channel with the clients made from it. Limits: messages up to 64 MiB; a unary call ends after timeout_seconds.
class Client {
 public:
  // Nothing is sent yet. Fails when a file cannot be read.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Client>> Connect(const ConnectionOptions& options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The same connection as another caller.
  [[nodiscard]] std::unique_ptr<Client> As(std::string api_key) const;

  // A unary call. REQUIRES: `response` has the method's response type.
  [[nodiscard]] absl::Status Call(const google::protobuf::Message& request, google::protobuf::Message& response);

  // A list call and all pages after it, merged into `response`.
  [[nodiscard]] absl::Status CallAllPages(const google::protobuf::Message& request,
                                          google::protobuf::Message& response);

  // Gets the messages of a server's stream; stops early when it returns false. An early stop is no error.
  using Sink = std::function<bool(const google::protobuf::Message&)>;
  [[nodiscard]] absl::Status Stream(const google::protobuf::Message& request, const Sink& sink);

  // The same into a message of the caller's, which may be of another type with the same form on the wire.
  [[nodiscard]] absl::Status Stream(const google::protobuf::Message& request, google::protobuf::Message& message,
                                    const Sink& sink);

  // The next message to send in a stream of both sides; null at the end.
  using Source = std::function<absl::StatusOr<std::unique_ptr<google::protobuf::Message>>()>;
  // Sends a message, gets its reply, and so on in lockstep.
  [[nodiscard]] absl::Status Converse(const Method& method, const Source& source, const Sink& sink);

  [[nodiscard]] const std::string& address() const { return options_.address; }

 private:
  class Exchange;
  Client(ConnectionOptions options, std::shared_ptr<grpc::Channel> channel);

  ConnectionOptions options_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace escrow::ctl
