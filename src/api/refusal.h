#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "escrow/v1/reason.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"

// How a call that fails tells why (AIP-193): a google.rpc.Status with exactly one ErrorInfo. Code and text come from
// core::ReasonTable, so that the code, the documentation and the tests say the same. Any thread.
namespace escrow::api {

// Domain of every ErrorInfo.
inline constexpr char kErrorDomain[] = "escrow.dev";

// The variables of a refusal, as ErrorInfo.metadata.
using Variables = std::vector<std::pair<std::string, std::string>>;

// The beginning of what a caller sent, for a message: at most 128 bytes and whole characters, because what is not UTF-8
// cannot be read back. REQUIRES: text is UTF-8, as every string field of a request is.
[[nodiscard]] std::string Shown(std::string_view text);

// The refusal as it stands in a CommandResult. OVERLOADED carries a RetryInfo too. REQUIRES: reason is in the table.
[[nodiscard]] google::rpc::Status RefusalStatus(v1::Reason reason, const Variables& variables);

// The refusal as the end of a call.
[[nodiscard]] grpc::Status Refuse(v1::Reason reason, const Variables& variables = {});

// `status` as the end of a call. REQUIRES: status.code() is not OK.
[[nodiscard]] grpc::Status ToGrpc(const google::rpc::Status& status);

// The end of a read that the log could not answer: an infrastructure error, which has no reason of the contract. The
// codes of absl and gRPC are the same numbers. REQUIRES: !status.ok().
[[nodiscard]] grpc::Status LogFailure(const absl::Status& status);

}  // namespace escrow::api
