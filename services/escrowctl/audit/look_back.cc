#include "escrowctl/audit/look_back.h"

#include <memory>
#include <vector>

#include "absl/strings/numbers.h"
#include "escrow/v1/agreement_service.pb.h"
#include "escrow/v1/ledger_service.pb.h"
#include "escrow/v1/payout_service.pb.h"
#include "escrow/v1/platform_service.pb.h"
#include "escrowctl/audit/changes.h"
#include "escrowctl/render.h"
#include "escrowctl/table.h"
#include "escrowctl/values.h"
#include "google/protobuf/struct.pb.h"

namespace escrow::ctl {
namespace {

using google::protobuf::Message;

using Documents = std::vector<std::unique_ptr<Message>>;

// Sets as_of_sequence or as_of_time of a request.
absl::Status SetAsOf(const std::string& at, Message& request) {
  if (at.empty()) {
    return absl::OkStatus();
  }
  const auto& fields = *request.GetDescriptor();
  std::int64_t sequence = 0;
  if (absl::SimpleAtoi(at, &sequence)) {
    if (sequence < 1) {
      return absl::InvalidArgumentError("positions count from 1, not " + at);
    }
    request.GetReflection()->SetInt64(&request, fields.FindFieldByName("as_of_sequence"), sequence);
    return absl::OkStatus();
  }
  const absl::StatusOr<google::protobuf::Timestamp> time = ParseTimestamp(at);
  if (!time.ok()) {
    return absl::InvalidArgumentError("a position is a number or a time: " + std::string(time.status().message()));
  }
  request.GetReflection()->MutableMessage(&request, fields.FindFieldByName("as_of_time"))->CopyFrom(*time);
  return absl::OkStatus();
}

template <class Response, class Request>
absl::Status Ask(Client& client, Request request, const std::string& at, Documents& documents) {
  if (absl::Status status = SetAsOf(at, request); !status.ok()) {
    return status;
  }
  auto response = std::make_unique<Response>();
  absl::Status status;
  if constexpr (requires { request.page_token(); }) {
    status = client.CallAllPages(request, *response);
  } else {
    status = client.Call(request, *response);
  }
  documents.push_back(std::move(response));
  return status;
}

template <class Request>
Request Named(const std::string& name) {
  Request request;
  request.set_name(name);
  return request;
}

// What there is to say of a thing at a position.
absl::Status AskAll(Client& client, const std::string& what, const std::string& at, Documents& documents) {
  if (what == "ledger") {
    return Ask<v1::TrialBalance>(client, v1::GetTrialBalanceRequest(), at, documents);
  }
  if (what.find("/agreements/") != std::string::npos) {
    return Ask<v1::Agreement>(client, Named<v1::GetAgreementRequest>(what), at, documents);
  }
  if (what.find("/payouts/") != std::string::npos) {
    return Ask<v1::Payout>(client, Named<v1::GetPayoutRequest>(what), at, documents);
  }
  if (what.find("/parties/") == std::string::npos) {
    return absl::InvalidArgumentError("look back at an agreement, a party or a payout by its name, or at ledger");
  }
  if (absl::Status status = Ask<v1::Party>(client, Named<v1::GetPartyRequest>(what), at, documents); !status.ok()) {
    return status;
  }
  v1::ListPartyBalancesRequest balances;
  balances.set_parent(what);
  return Ask<v1::ListPartyBalancesResponse>(client, balances, at, documents);
}

void Print(const std::vector<Change>& changes, Output output) {
  if (output.json) {
    google::protobuf::Struct document;
    auto& list = *(*document.mutable_fields())["changes"].mutable_list_value();
    for (const Change& change : changes) {
      auto& fields = *list.add_values()->mutable_struct_value()->mutable_fields();
      fields["path"].set_string_value(change.path);
      fields["before"].set_string_value(change.before);
      fields["after"].set_string_value(change.after);
    }
    return RenderJson(document, false, output.out);
  }
  if (changes.empty()) {
    output.out << "nothing has changed\n";
    return;
  }
  constexpr std::size_t kValueWidth = 40;
  Table table(
      {{.title = "what"}, {.title = "before", .width_max = kValueWidth}, {.title = "after", .width_max = kValueWidth}});
  for (const Change& change : changes) {
    table.Add({change.path, change.before.empty() ? "-" : change.before, change.after.empty() ? "-" : change.after});
  }
  table.Print(output.out);
}

}  // namespace

absl::Status LookBack(Client& client, const LookBackOptions& options, Output output) {
  Documents before;
  if (!options.since.empty()) {  // first: the server goes forward more cheaply than back
    if (absl::Status status = AskAll(client, options.what, options.since, before); !status.ok()) {
      return status;
    }
  }
  Documents documents;
  if (absl::Status status = AskAll(client, options.what, options.at, documents); !status.ok()) {
    return status;
  }
  if (options.since.empty()) {
    for (const std::unique_ptr<Message>& document : documents) {
      output.json ? RenderJson(*document, false, output.out) : Render(*document, output.out);
    }
    return absl::OkStatus();
  }
  std::vector<Change> changes;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const std::vector<Change> more = ChangesBetween(*before[i], *documents[i]);
    changes.insert(changes.end(), more.begin(), more.end());
  }
  Print(changes, output);
  return absl::OkStatus();
}

}  // namespace escrow::ctl
