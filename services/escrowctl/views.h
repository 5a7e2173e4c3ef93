#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "escrow/v1/event_service.pb.h"
#include "escrowctl/client.h"

// The views that are made by hand, because a person asks them: what happened, why, who next, does it add up. Each
// prints to `out`, tables for people or, with `json`, documents for programs, and fails with the status of a call that
// failed.
namespace escrow::ctl {

struct Output {
  std::ostream& out;
  bool json = false;
};

// Terms, state, totals, and the timeline of goods and money side by side.
[[nodiscard]] absl::Status ShowAgreement(Client& client, const std::string& name, Output output);

// Why money stands where it stands: what is unmet, which timers run and how long, who may do what next.
[[nodiscard]] absl::Status ExplainAgreement(Client& client, const std::string& name, Output output);

// Every event from a position on, as it becomes durable, until interrupted; or to the present end only.
[[nodiscard]] absl::Status TailEvents(Client& client, const v1::StreamEventsRequest& request, Output output);

// The totals of every kind of account, debit and credit. `balanced` says whether they add up.
[[nodiscard]] absl::Status ShowTrialBalance(Client& client, const std::string& platform, Output output, bool& balanced);

// Rebuilds the state from the log on the server and compares. `identical` says whether both are equal.
[[nodiscard]] absl::Status VerifyReplay(Client& client, Output output, bool& identical);

// The tables that the server runs by: who may do what, what each state allows; every reason of a refusal.
[[nodiscard]] absl::Status ShowRules(Client& client, bool markdown, Output output);
[[nodiscard]] absl::Status ShowReasons(Client& client, bool markdown, Output output);

// Makes an API key, writes it to a new file that only the owner can read, and registers its hash as a credential.
struct KeyRequest {
  std::string credential_id;
  std::string kind;      // PLATFORM, PARTY, OPERATOR or AUDITOR
  std::string platform;  // resource names, as the kind needs them
  std::string party;
  std::string file;
};
[[nodiscard]] absl::Status IssueKey(Client& client, const KeyRequest& request, Output output);

// All events of an agreement, in order.
[[nodiscard]] absl::Status ReadEvents(Client& client, const std::string& agreement, std::vector<v1::Event>& events);

}  // namespace escrow::ctl
