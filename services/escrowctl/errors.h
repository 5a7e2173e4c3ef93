#pragma once

#include <optional>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"

namespace grpc {
class Status;
}

// What escrowctl says when something did not work, and how it exits.
//
// A status of a call carries the google.rpc.Status that the server sent (or one made from the connection's error); any
// other status is this program's own finding about its input.
namespace escrow::ctl {

enum ExitCode : int {
  kExitOk = 0,
  kExitRefused = 1,  // the server said no, or a check found something wrong
  kExitUsage = 2,    // the command line or a file is wrong; nothing was sent
  kExitUnknown = 3,  // the server cannot be reached, or what became of the call is not known
};

// What a call's error says in the terms of the contract.
struct RpcError {
  std::string reason;  // ErrorInfo.reason; the gRPC code's name when there is no ErrorInfo
  std::string message;
  std::string variables;     // ErrorInfo.metadata: "field=party"; may be empty
  bool from_server = false;  // it has an ErrorInfo: the outcome is known
  google::rpc::Status status;
};

// The status of a call, with its google.rpc.Status attached. OK stays OK.
[[nodiscard]] absl::Status FromRpc(const grpc::Status& status);
// The same for a status that came inside a reply (ExecuteBatch).
[[nodiscard]] absl::Status FromRpc(const google::rpc::Status& status);

// What the call's error says; nothing when the status did not come from a call.
[[nodiscard]] std::optional<RpcError> RpcErrorOf(const absl::Status& status);

[[nodiscard]] ExitCode ExitCodeOf(const absl::Status& status);

// What to do next, in one sentence; empty when there is nothing to advise.
[[nodiscard]] std::string HintFor(const absl::Status& status);

// Prints `escrowctl: REASON: message (variables)` and a hint; with `json`, one JSON document instead. Returns the exit
// code. REQUIRES: !status.ok().
int PrintError(const absl::Status& status, bool json, std::ostream& out);

}  // namespace escrow::ctl
