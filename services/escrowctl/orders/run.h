#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/command.pb.h"
#include "escrow/v1/command_service.pb.h"
#include "escrow/v1/operations_service.pb.h"
#include "escrowctl/client.h"
#include "escrowctl/orders/plan.h"

// Drives a plan through the service and asks the service afterwards what became of it.
namespace escrow::orders {

inline constexpr std::size_t kBatchCommands = 512;

// A command that the service refused.
struct Refusal {
  std::string order_id;
  std::string method;  // ConfirmMilestone
  std::string reason;  // AGREEMENT_CLOSED
  std::string message;
  std::optional<Policy> policy;  // the policy that covers it; nothing when none does
};

// An agreement that did not end as planned, or a command that should have been refused and was not.
struct Deviation {
  std::string order_id;
  std::string what;
};

// The sums of one currency, in minor units.
struct CurrencySums {
  std::int64_t told = 0;       // the sum of the deposits that were sent and accepted, by our own count
  std::int64_t deposited = 0;  // the rest as the agreements say
  std::int64_t reversed = 0;
  std::int64_t released = 0;
  std::int64_t refunded = 0;
  std::int64_t held = 0;
  std::int64_t fees = 0;
  std::int64_t unallocated = 0;
  std::int64_t debt = 0;
  std::map<int, std::int64_t> ledger;  // AccountKind -> the trial balance's total

  // Deposited less everything it went to: zero, or money is lost.
  [[nodiscard]] std::int64_t unaccounted() const;
  // What the trial balance says otherwise than the agreements and our own count; empty when nothing.
  [[nodiscard]] std::vector<std::string> Disagreements(std::string_view currency_code) const;
};

// What came out.
struct RunResult {
  std::string platform;  // resource name
  std::int64_t commands = 0;
  std::int64_t batches = 0;
  double seconds = 0;
  std::map<int, std::int64_t> by_state;      // Agreement.State -> agreements
  std::map<std::string, CurrencySums> sums;  // by currency code
  std::vector<Refusal> refusals;
  std::vector<Deviation> deviations;
  bool ledger_balanced = false;
  v1::VerifyReplayResponse replay;

  [[nodiscard]] std::int64_t created() const;
  [[nodiscard]] std::int64_t ended() const;
  [[nodiscard]] bool unaccounted_zero() const;
  // Nothing unaccounted, the ledger agrees, the replay is identical, and every refusal is covered by a policy.
  [[nodiscard]] bool good() const;
};

// Told while it runs: what is done, how far.
using Progress = std::function<void(std::string_view what, std::int64_t done, std::int64_t total)>;

// Runs the plan on a new sandbox platform. `op` must be an operator. A call whose outcome is not known is repeated with
// the same request ids for about half a minute, so that the server may be killed and started again in between. Fails
// when the service cannot be reached or refuses what every run needs.
[[nodiscard]] absl::StatusOr<RunResult> Run(ctl::Client& op, const std::string& platform_id, const Plan& plan,
                                            const Progress& progress);

// The commands of a plan in their order, with AdvanceClock where time moves and CreateParty before a party's first use.
// `action` of a command is its position in plan.actions, or kNoAction.
struct PlannedCommand {
  static constexpr std::size_t kNoAction = SIZE_MAX;
  v1::Command command;
  std::size_t action = kNoAction;
};
class CommandSource {
 public:
  // Both are borrowed and must outlive this.
  CommandSource(const Plan& plan, const std::string& platform);
  // The next commands, at most `max`; empty at the end.
  [[nodiscard]] std::vector<PlannedCommand> Next(std::size_t max);

 private:
  void Expand(std::size_t action_index);
  void AddParty(const std::string& party_id);
  void MoveClock(base::Time time);
  [[nodiscard]] v1::Command CommandOf(const Action& action) const;

  const Plan& plan_;
  const std::string& platform_;
  base::Time clock_;
  std::size_t next_action_ = 0;
  bool finished_ = false;
  std::vector<PlannedCommand> ready_;
  std::size_t ready_begin_ = 0;
  std::set<std::string, std::less<>> parties_;  // created already
};

// The terms of an agreement: docs/ORDERS.md in the contract's words.
[[nodiscard]] v1::Agreement TermsOf(const AgreementPlan& plan, const std::string& platform);

}  // namespace escrow::orders
