#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "audit/complaint.h"
#include "escrow/v1/command.pb.h"
#include "escrow/v1/platform.pb.h"
#include "escrow/v1/reason.pb.h"

namespace escrow::audit {

// The method that a command calls, "RecordDeposit"; empty when it has no payload.
[[nodiscard]] std::string_view MethodOf(const v1::Command& command);

// RuleTables: the rules that are published as data (docs/rules/*.csv): who may do what, what each state allows, which
// refusals enter the log. The verifier knows them from these files alone.
//
// Threading: a value; reading is safe from any thread once it is loaded.
class RuleTables {
 public:
  // The tables that this build of the verifier carries: the files of docs/rules as they were committed.
  [[nodiscard]] static const RuleTables& Published();

  // Reads the three files; what is wrong with them otherwise. Each has a line of column names first, then rows of
  // fields without quotes.
  [[nodiscard]] Complaint Load(std::string_view permissions, std::string_view transitions, std::string_view reasons);

  // The scope in which a kind of principal may call a method: never, always, own-platform, ... ; "never" when the table
  // does not know the method.
  [[nodiscard]] std::string_view ScopeOf(std::string_view method, v1::Principal::Kind kind) const;
  // Why `resource` (Agreement, Milestone, Payout) in `state` refuses the method; empty when it does not.
  [[nodiscard]] std::string_view RefusalIn(std::string_view resource, std::string_view state,
                                           std::string_view method) const;
  // Whether a refusal for this reason enters the log and burns its request id.
  [[nodiscard]] bool Burns(v1::Reason reason) const;

 private:
  std::map<std::tuple<std::string, v1::Principal::Kind>, std::string, std::less<>> scopes_;
  std::map<std::tuple<std::string, std::string, std::string>, std::string, std::less<>> answers_;
  std::set<std::string, std::less<>> burning_;
};

}  // namespace escrow::audit
