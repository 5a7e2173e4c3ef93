#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "api/backend.h"
#include "api/caller.h"
#include "api/look_back.h"
#include "base/time.h"
#include "core/machine.h"
#include "escrow/v1/event.pb.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"

// The one path of every unary read:
//
//   gRPC's thread         authenticate, ask the table of permissions, check the arguments (Prepare)
//   sequencer's thread    look at the state between two commands                          (ReadSteps::look)
//   responder's thread    all that was seen is durable
//   reader's thread       read the log                                                    (ReadSteps::fetch)
//
// A read without look goes to the reader at once, one without fetch ends on the responder's thread.
namespace escrow::api {

// The state as a look sees it. On the sequencer's thread, for the length of the look.
struct View {
  const core::Machine& machine;
  const core::State& state;
  base::Time now;  // the log's time
  const Caller& caller;
  // Set by a look that has more to do and wants to let commands through first.
  bool again = false;
};

// The log as a fetch reads it. On a reader's thread.
class LogReader {
 public:
  LogReader(const Backend& backend, const grpc::CallbackServerContext& context)
      : backend_(backend), context_(context) {}

  // One durable event. When the log cannot be read, tells the operator and gives the end of the call. REQUIRES:
  // sequence is durable.
  [[nodiscard]] grpc::Status Read(std::uint64_t sequence, v1::Event& event) const;

  // Nobody waits for the answer any more.
  [[nodiscard]] bool cancelled() const { return context_.IsCancelled(); }
  [[nodiscard]] const journal::Journal& journal() const { return backend_.engine.journal(); }

 private:
  const Backend& backend_;
  const grpc::CallbackServerContext& context_;
};

struct ReadSteps {
  AsOf
      as_of;  // what the look sees: unless it is now, LookBack's thread takes the sequencer's and the responder's place
  std::function<grpc::Status(View&)> look;
  std::function<grpc::Status(const LogReader&)> fetch;
};

// Checks the arguments and says what to do. Request and response live until the call ends, and so does `caller`.
using Prepare = std::function<grpc::Status(const Caller& caller, ReadSteps& steps)>;

[[nodiscard]] grpc::ServerUnaryReactor* StartRead(Backend& backend, grpc::CallbackServerContext* context,
                                                  std::string_view method, const Prepare& prepare);

}  // namespace escrow::api
