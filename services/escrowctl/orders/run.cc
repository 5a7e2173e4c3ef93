#include "escrowctl/orders/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/assert.h"
#include "escrow/v1/agreement_service.pb.h"
#include "escrow/v1/ledger_service.pb.h"
#include "escrowctl/errors.h"
#include "escrowctl/sandbox.h"
#include "escrowctl/values.h"

namespace escrow::orders {
namespace {

constexpr int kTriesMax = 18;
constexpr std::chrono::milliseconds kFirstPause{200};
constexpr std::chrono::milliseconds kPauseMax{2'000};
constexpr std::chrono::milliseconds kPollEvery{10};
constexpr int kPollsMax = 1'000;
constexpr int kStillPolls = 5;

// The reasons that a command which comes too late may get: which one depends on how much of the agreement is left.
constexpr std::array<std::string_view, 3> kTooLateReasons = {"AGREEMENT_CLOSED", "MILESTONE_ENDED",
                                                             "ALREADY_CONFIRMED"};

// Whether asking again with the same request ids can help.
bool WorthRepeating(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable || status.code() == absl::StatusCode::kDeadlineExceeded ||
         status.code() == absl::StatusCode::kResourceExhausted;
}

std::string MethodName(const v1::Command& command) {
  const auto* oneof = v1::Command::descriptor()->oneof_decl(0);
  const auto* field = command.GetReflection()->GetOneofFieldDescriptor(command, oneof);
  ESCROW_ASSERT(field != nullptr);
  return field->message_type()->name().substr(
      0, field->message_type()->name().size() - std::string_view("Request").size());
}

// Calls until the outcome is known, for about half a minute. Harmless: one request id has one effect.
template <class Call>
absl::Status Patiently(const Call& call) {
  std::chrono::milliseconds pause = kFirstPause;
  for (int attempt = 1;; ++attempt) {
    const absl::Status status = call();
    if (status.ok() || attempt == kTriesMax || !WorthRepeating(status)) {
      return status;
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, kPauseMax);
  }
}

class Runner {
 public:
  Runner(ctl::Client& op, const Plan& plan, const Progress& progress) : op_(op), plan_(plan), progress_(progress) {}

  absl::StatusOr<RunResult> Run(const std::string& platform_id) {
    const auto begin = std::chrono::steady_clock::now();
    absl::StatusOr<ctl::Sandbox> sandbox = ctl::CreateSandbox(op_, platform_id, plan_.begin);
    if (!sandbox.ok()) {
      return sandbox.status();
    }
    result_.platform = sandbox->name;
    if (absl::Status status = Drive(*sandbox->platform); !status.ok()) {
      return status;
    }
    result_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    for (const auto step : {&Runner::AwaitTimers, &Runner::ReadAgreements, &Runner::ReadLedger, &Runner::Replay}) {
      if (absl::Status status = (this->*step)(); !status.ok()) {
        return status;
      }
    }
    return std::move(result_);
  }

 private:
  absl::Status Drive(ctl::Client& platform) {
    CommandSource source(plan_, result_.platform);
    std::int64_t actions_done = 0;
    while (true) {
      std::vector<PlannedCommand> planned = source.Next(kBatchCommands);
      if (planned.empty()) {
        return absl::OkStatus();
      }
      v1::ExecuteBatchRequest request;
      for (PlannedCommand& command : planned) {
        *request.add_commands() = std::move(command.command);
      }
      v1::ExecuteBatchResponse response;
      if (absl::Status status = Patiently([&] { return platform.Call(request, response); }); !status.ok()) {
        return status;
      }
      if (response.results_size() != request.commands_size()) {
        return absl::InternalError(
            fmt::format("{} results for {} commands", response.results_size(), request.commands_size()));
      }
      for (int i = 0; i < request.commands_size(); ++i) {
        const std::size_t action = planned[static_cast<std::size_t>(i)].action;
        Check(request.commands(i), action, response.results(i));
        actions_done += action == PlannedCommand::kNoAction ? 0 : 1;
      }
      result_.commands += request.commands_size();
      ++result_.batches;
      progress_("orders", actions_done, static_cast<std::int64_t>(plan_.actions.size()));
    }
  }

  void Check(const v1::Command& command, std::size_t action_index, const v1::CommandResult& result) {
    const Action* action = action_index == PlannedCommand::kNoAction ? nullptr : &plan_.actions[action_index];
    const std::string order_id = action == nullptr ? "" : plan_.agreements[action->agreement].order_id;
    if (result.has_status()) {
      const absl::Status status = ctl::FromRpc(result.status());
      const auto error = ctl::RpcErrorOf(status);
      ESCROW_ASSERT(error);
      const bool covered =
          action != nullptr && action->refused_by && std::ranges::count(kTooLateReasons, error->reason);
      result_.refusals.push_back({.order_id = order_id,
                                  .method = MethodName(command),
                                  .reason = error->reason,
                                  .message = error->message,
                                  .policy = covered ? action->refused_by : std::nullopt});
      return;
    }
    if (action == nullptr) {
      return;
    }
    if (action->refused_by) {
      result_.deviations.push_back({.order_id = order_id,
                                    .what = fmt::format("{} was accepted, but by policy {} it comes too late",
                                                        MethodName(command), RowOf(*action->refused_by).name)});
    }
    if (command.has_record_deposit()) {
      const v1::Amount& amount = command.record_deposit().amount();
      result_.sums[amount.currency_code()].told += amount.minor_units();
    }
  }

  // The service expires timers between commands, so after the clock has moved the last ones may take a moment: waits
  // until the log stands still. On a server that others write to it gives up waiting after a while, and CompareStates
  // tells.
  absl::Status AwaitTimers() {
    std::int64_t last_sequence = -1;
    int still = 0;
    for (int poll = 0; poll < kPollsMax && still < kStillPolls; ++poll) {
      v1::ServerStatus status;
      if (absl::Status called = Patiently([&] { return op_.Call(v1::GetServerStatusRequest(), status); });
          !called.ok()) {
        return called;
      }
      still = status.applied_sequence() == last_sequence ? still + 1 : 0;
      last_sequence = status.applied_sequence();
      std::this_thread::sleep_for(kPollEvery);
    }
    return absl::OkStatus();
  }

  absl::Status ReadAgreements() {
    progress_("agreements", 0, 1);
    v1::ListAgreementsRequest request;
    request.set_parent(result_.platform);
    v1::ListAgreementsResponse response;
    if (absl::Status status = Patiently([&] { return op_.CallAllPages(request, response); }); !status.ok()) {
      return status;
    }
    std::map<std::string, v1::Agreement::State> states;
    for (const v1::Agreement& agreement : response.agreements()) {
      states.emplace(ctl::LastPart(agreement.name()), agreement.state());
      ++result_.by_state[agreement.state()];
      const v1::Agreement::Totals& totals = agreement.totals();
      CurrencySums& sums = result_.sums[agreement.currency_code()];
      sums.deposited += totals.deposited();
      sums.reversed += totals.reversed();
      sums.released += totals.released();
      sums.refunded += totals.refunded();
      sums.held += totals.held();
      sums.fees += totals.fees();
      sums.unallocated += totals.unallocated();
      sums.debt += totals.debt();
    }
    CompareStates(states);
    return absl::OkStatus();
  }

  void CompareStates(const std::map<std::string, v1::Agreement::State>& states) {
    const auto name = [](v1::Agreement::State state) {
      return ctl::ShortName(*v1::Agreement::State_descriptor(), state);
    };
    for (const AgreementPlan& agreement : plan_.agreements) {
      const auto found = states.find(agreement.order_id);
      if (found == states.end()) {
        result_.deviations.push_back({.order_id = agreement.order_id, .what = "there is no agreement"});
      } else if (found->second != agreement.expected) {
        result_.deviations.push_back(
            {.order_id = agreement.order_id,
             .what = fmt::format("{}, but planned was {}", name(found->second), name(agreement.expected))});
      }
    }
  }

  absl::Status ReadLedger() {
    v1::GetTrialBalanceRequest request;
    request.set_platform(result_.platform);
    v1::TrialBalance balance;
    if (absl::Status status = Patiently([&] { return op_.Call(request, balance); }); !status.ok()) {
      return status;
    }
    result_.ledger_balanced = balance.balanced();
    for (const v1::AccountTotal& total : balance.totals()) {
      result_.sums[total.currency_code()].ledger[total.account()] += total.minor_units();
    }
    return absl::OkStatus();
  }

  absl::Status Replay() {
    const ctl::Client::Sink sink = [&](const google::protobuf::Message& message) {
      result_.replay.CopyFrom(message);
      progress_("replay", result_.replay.replayed_sequence(), result_.replay.through_sequence());
      return true;
    };
    return Patiently([&] { return op_.Stream(v1::VerifyReplayRequest(), sink); });
  }

  ctl::Client& op_;
  const Plan& plan_;
  const Progress& progress_;
  RunResult result_;
};

}  // namespace

std::int64_t CurrencySums::unaccounted() const {
  return deposited - reversed + debt - released - refunded - held - fees - unallocated;
}

std::vector<std::string> CurrencySums::Disagreements(std::string_view currency_code) const {
  const auto account = [&](v1::AccountKind kind) {
    const auto found = ledger.find(kind);
    return found == ledger.end() ? 0 : found->second;
  };
  struct Check {
    std::string_view what;
    std::int64_t ours;
    std::int64_t theirs;
  };
  // Nothing is paid out in this run, so what was released is payable and what was deposited is at the bank.
  const auto checks = std::to_array<Check>({
      {"deposits told", told, deposited},
      {"deposited", deposited, account(v1::ACCOUNT_KIND_CUSTODY_BANK)},
      {"released", released, account(v1::ACCOUNT_KIND_PAYABLE)},
      {"refunded", refunded, account(v1::ACCOUNT_KIND_REFUNDABLE)},
      {"held", held, account(v1::ACCOUNT_KIND_CUSTODY)},
      {"fees", fees, account(v1::ACCOUNT_KIND_PLATFORM_FEES) + account(v1::ACCOUNT_KIND_OPERATOR_FEES)},
      {"unallocated", unallocated, account(v1::ACCOUNT_KIND_UNALLOCATED)},
      {"in transit", 0, account(v1::ACCOUNT_KIND_IN_TRANSIT)},
  });
  std::vector<std::string> found;
  for (const Check& check : checks) {
    if (check.ours != check.theirs) {
      found.push_back(fmt::format("{}: {}, but the service has {}", check.what,
                                  ctl::FormatAmount(check.ours, currency_code),
                                  ctl::FormatAmount(check.theirs, currency_code)));
    }
  }
  return found;
}

std::int64_t RunResult::created() const {
  std::int64_t count = 0;
  for (const auto& [state, agreements] : by_state) {
    count += agreements;
  }
  return count;
}

std::int64_t RunResult::ended() const {
  std::int64_t count = 0;
  for (const auto state :
       {v1::Agreement::STATE_SETTLED, v1::Agreement::STATE_CANCELLED, v1::Agreement::STATE_EXPIRED}) {
    const auto found = by_state.find(state);
    count += found == by_state.end() ? 0 : found->second;
  }
  return count;
}

bool RunResult::unaccounted_zero() const {
  return std::ranges::all_of(sums, [](const auto& entry) { return entry.second.unaccounted() == 0; });
}

bool RunResult::good() const {
  const bool agree =
      std::ranges::all_of(sums, [](const auto& entry) { return entry.second.Disagreements(entry.first).empty(); });
  const bool covered = std::ranges::all_of(refusals, [](const Refusal& r) { return r.policy.has_value(); });
  return unaccounted_zero() && agree && ledger_balanced && covered && deviations.empty() && replay.done() &&
         replay.identical();
}

absl::StatusOr<RunResult> Run(ctl::Client& op, const std::string& platform_id, const Plan& plan,
                              const Progress& progress) {
  return Runner(op, plan, progress).Run(platform_id);
}

}  // namespace escrow::orders
