#include "escrowctl/errors.h"

#include <fmt/format.h>
#include <grpcpp/support/status.h>

#include <array>
#include <map>
#include <string_view>

#include "absl/strings/cord.h"
#include "base/assert.h"
#include "google/protobuf/util/json_util.h"
#include "google/rpc/code.pb.h"
#include "google/rpc/error_details.pb.h"

namespace escrow::ctl {
namespace {

constexpr char kPayload[] = "escrow.dev/google.rpc.Status";

struct Hint {
  std::string_view reason;
  std::string_view text;
};

constexpr std::array kHints = std::to_array<Hint>({
    {"UNAVAILABLE", "Is escrowd running there? Check --address (or ESCROWCTL_ADDRESS), and --ca if it speaks TLS."},
    {"DEADLINE_EXCEEDED",
     "The outcome is not known. Ask again with the same --request-id: one id has one effect, however often it is "
     "sent."},
    {"UNAUTHENTICATED",
     "Say who you are: --api-key-file, ESCROWCTL_API_KEY, --data-dir of a local escrowd, or --cert and --key."},
    {"PERMISSION_DENIED", "`escrowctl rules` lists who may do what; `escrowctl operations who-am-i` says who you are."},
    {"PARTY_MUST_ACT", "Use the party's own credential, or sign an agreement with party_consent PLATFORM_MAY_ACT."},
    {"PLATFORM_NOT_FOUND", "`escrowctl platform list` lists the platforms that you may see."},
    {"PARTY_NOT_FOUND", "`escrowctl platform list-parties --parent platforms/...` lists the parties."},
    {"AGREEMENT_NOT_FOUND", "`escrowctl agreement list --parent platforms/...` lists the agreements."},
    {"PAYOUT_NOT_FOUND", "`escrowctl payout list --parent platforms/...` lists the payouts."},
    {"CREDENTIAL_NOT_FOUND", "`escrowctl platform list-credentials` lists the credentials."},
    {"UNKNOWN_MILESTONE", "`escrowctl agreement show NAME` lists the milestones."},
    {"MISSING_FIELD", "`escrowctl NOUN VERB --help` says what each flag takes."},
    {"INVALID_FIELD", "`escrowctl NOUN VERB --help` says what each flag takes."},
    {"INVALID_NAME", "Names look like platforms/shop/agreements/a1; ids are lower case letters, digits and dashes."},
    {"MILESTONE_NOT_FUNDED", "`escrowctl agreement why NAME` says how much money is missing."},
    {"CONFIRMATION_NOT_ASKED",
     "`escrowctl agreement why NAME` lists the confirmations that are asked for, and from whom."},
    {"MILESTONE_NOT_OPEN", "`escrowctl agreement why NAME` says what this milestone waits for."},
    {"AGREEMENT_CLOSED", "`escrowctl agreement show NAME` tells how it ended."},
    {"AGREEMENT_NOT_ACTIVE", "`escrowctl agreement accept NAME --party ...` for each party that has not accepted."},
    {"NOT_A_SANDBOX", "Create a platform with --sandbox to play with time."},
    {"ETAG_MISMATCH", "Read the agreement again and decide again."},
    {"REQUEST_ID_REUSED", "Leave --request-id out to get a fresh one."},
    {"REQUEST_ID_BURNT", "That request was refused for good; send a new one without --request-id."},
    {"INSUFFICIENT_FUNDS", "`escrowctl ledger list-party-balances --parent ...` says what there is."},
    {"OVERLOADED", "Nothing was accepted. Try again in a moment, with the same --request-id."},
    {"DRAINING", "Nothing was accepted. The server is stopping; try again when it is back."},
    {"NOT_PUBLISHED", "A checkpoint follows within a second; ask again. If it does not, see what the server logs."},
    {"DISK_ALMOST_FULL",
     "Nothing was accepted. Make room on the disk of the log: `escrowctl operations get-server-status`."},
});

std::string CodeName(int code) {
  return google::rpc::Code_IsValid(code) ? google::rpc::Code_Name(static_cast<google::rpc::Code>(code))
                                         : fmt::format("CODE_{}", code);
}

// A refusal is sure when the server gave its reason. Without one, these codes still say that nothing was done.
bool OutcomeKnown(const RpcError& error) {
  return error.from_server || error.status.code() == google::rpc::UNIMPLEMENTED ||
         error.status.code() == google::rpc::UNAUTHENTICATED || error.status.code() == google::rpc::INVALID_ARGUMENT ||
         error.status.code() == google::rpc::RESOURCE_EXHAUSTED;
}

std::string JsonOf(const absl::Status& status, const std::optional<RpcError>& error) {
  google::rpc::Status document;
  if (error) {
    document = error->status;
  } else {
    document.set_code(static_cast<int>(status.code()));
    document.set_message(std::string(status.message()));
  }
  std::string text;
  const auto printed = google::protobuf::util::MessageToJsonString(document, &text);
  ESCROW_ASSERT(printed.ok());
  return text;
}

}  // namespace

absl::Status FromRpc(const grpc::Status& status) {
  if (status.ok()) {
    return absl::OkStatus();
  }
  google::rpc::Status detailed;
  if (!detailed.ParseFromString(status.error_details()) || detailed.code() != static_cast<int>(status.error_code())) {
    detailed.Clear();
    detailed.set_code(static_cast<int>(status.error_code()));
    detailed.set_message(status.error_message());
  }
  return FromRpc(detailed);
}

absl::Status FromRpc(const google::rpc::Status& status) {
  if (status.code() == google::rpc::OK) {
    return absl::OkStatus();
  }
  absl::Status converted(static_cast<absl::StatusCode>(status.code()), status.message());
  converted.SetPayload(kPayload, absl::Cord(status.SerializeAsString()));
  return converted;
}

std::optional<RpcError> RpcErrorOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  if (!payload) {
    return std::nullopt;
  }
  RpcError error;
  ESCROW_ASSERT(error.status.ParseFromString(std::string(*payload)));
  error.message = error.status.message();
  error.reason = CodeName(error.status.code());
  for (const auto& detail : error.status.details()) {
    google::rpc::ErrorInfo info;
    if (detail.Is<google::rpc::ErrorInfo>() && detail.UnpackTo(&info)) {
      error.reason = info.reason();
      for (const auto& [key, value] : std::map(info.metadata().begin(), info.metadata().end())) {  // in a fixed order
        error.variables += fmt::format("{}{}={}", error.variables.empty() ? "" : " ", key, value);
      }
      error.from_server = true;
    }
  }
  return error;
}

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) {
    return kExitOk;
  }
  if (const auto error = RpcErrorOf(status)) {
    return OutcomeKnown(*error) ? kExitRefused : kExitUnknown;
  }
  return status.code() == absl::StatusCode::kInvalidArgument ? kExitUsage : kExitRefused;
}

std::string HintFor(const absl::Status& status) {
  const auto error = RpcErrorOf(status);
  if (!error) {
    return ExitCodeOf(status) == kExitUsage
               ? "`escrowctl --help` and `escrowctl NOUN VERB --help` say what is understood."
               : "";
  }
  for (const Hint& hint : kHints) {
    if (hint.reason == error->reason) {
      return std::string(hint.text);
    }
  }
  return OutcomeKnown(*error) ? "`escrowctl reasons` says what each reason means."
                              : "The outcome is not known. Ask again with the same --request-id.";
}

int PrintError(const absl::Status& status, bool json, std::ostream& out) {
  ESCROW_ASSERT(!status.ok());
  const auto error = RpcErrorOf(status);
  if (json) {
    out << JsonOf(status, error) << '\n';
    return ExitCodeOf(status);
  }
  const std::string message(status.message());
  const std::string reason = error ? error->reason : ExitCodeOf(status) == kExitUsage ? "USAGE" : "FAILED";
  const std::string variables = error && !error->variables.empty() ? " (" + error->variables + ")" : "";
  out << fmt::format("escrowctl: {}: {}{}\n", reason, message, variables);
  if (const std::string hint = HintFor(status); !hint.empty()) {
    out << "  hint: " << hint << '\n';
  }
  return ExitCodeOf(status);
}

}  // namespace escrow::ctl
