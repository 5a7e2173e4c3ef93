#include "escrowctl/views.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "escrow/v1/agreement_service.pb.h"
#include "escrow/v1/command_reply.pb.h"
#include "escrow/v1/ledger_service.pb.h"
#include "escrow/v1/operations_service.pb.h"
#include "escrow/v1/platform_service.pb.h"
#include "escrowctl/console.h"
#include "escrowctl/describe.h"
#include "escrowctl/errors.h"
#include "escrowctl/render.h"
#include "escrowctl/sandbox.h"
#include "escrowctl/table.h"
#include "escrowctl/timeline.h"
#include "escrowctl/values.h"
#include "google/rpc/code.pb.h"

namespace escrow::ctl {
namespace {

constexpr auto kRight = Table::Align::kRight;

// platforms/shop/agreements/a1 -> platforms/shop; the name itself when it has no such part.
std::string PlatformOf(const std::string& name) {
  const std::size_t first = name.find('/');
  const std::size_t second = first == std::string::npos ? first : name.find('/', first + 1);
  return name.substr(0, second);
}

void PrintTable(const Table& table, bool markdown, std::ostream& out) {
  if (markdown) {
    table.PrintMarkdown(out);
  } else {
    table.Print(out);
  }
}

void PrintTerms(const v1::Agreement& agreement, std::ostream& out) {
  const std::string& code = agreement.currency_code();
  Table milestones({{"milestone"},
                    {"amount", kRight},
                    {"state"},
                    {"held", kRight},
                    {"released", kRight},
                    {"refunded", kRight},
                    {"paid to", Table::Align::kLeft, 32},
                    {"released when", Table::Align::kLeft, 40},
                    {"deliver by"}});
  for (const auto& milestone : agreement.milestones()) {
    std::string payees;
    for (const auto& payee : milestone.payees()) {
      payees += (payees.empty() ? "" : ", ") + Describe(payee, code);
    }
    for (const auto& fee : milestone.fees()) {
      payees += ", less " + Describe(fee, code);
    }
    milestones.Add({milestone.milestone_id(), FormatAmount(milestone.amount()),
                    ShortName(*v1::Milestone::State_descriptor(), milestone.state()),
                    milestone.held().minor_units() == 0 ? "" : FormatAmount(milestone.held()),
                    milestone.released().minor_units() == 0 ? "" : FormatAmount(milestone.released()),
                    milestone.refunded().minor_units() == 0 ? "" : FormatAmount(milestone.refunded()), payees,
                    milestone.release_on_funding() ? "funded" : Describe(milestone.release_when()),
                    milestone.has_delivery_deadline() ? Describe(milestone.delivery_deadline()) : ""});
  }
  milestones.Print(out);
}

void PrintSummary(const v1::Agreement& agreement, std::ostream& out) {
  const std::string& code = agreement.currency_code();
  out << fmt::format("{}  {}{}\n", agreement.name(), ShortName(*v1::Agreement::State_descriptor(), agreement.state()),
                     agreement.unprotected() ? "  UNPROTECTED: money is released without any confirmation" : "");
  std::string participants;
  for (const auto& participant : agreement.participants()) {
    participants += fmt::format("{}{} {}", participants.empty() ? "" : ", ",
                                ShortName(*v1::Role_descriptor(), participant.role()), LastPart(participant.party()));
  }
  out << participants << '\n';
  const auto& totals = agreement.totals();
  std::string sums;
  for (const auto& [title, value] : {std::pair{"deposited", totals.deposited()},
                                     {"reversed", totals.reversed()},
                                     {"held", totals.held()},
                                     {"released", totals.released()},
                                     {"refunded", totals.refunded()},
                                     {"fees", totals.fees()},
                                     {"unallocated", totals.unallocated()},
                                     {"debt", totals.debt()}}) {
    if (value != 0) {
      sums += fmt::format("{}{} {}", sums.empty() ? "" : ", ", title, FormatAmount(value, code));
    }
  }
  out << (sums.empty() ? "no money yet" : sums) << "\n\n";
}

void PrintStory(const v1::Agreement& agreement, const std::vector<v1::Event>& events,
                const v1::ExplainAgreementResponse& explained, std::ostream& out) {
  Timeline timeline(out, MilestoneIds(agreement));
  timeline.PrintHeader();
  for (const v1::Event& event : events) {
    timeline.Print(event);
  }
  for (const auto& timer : explained.timers()) {
    timeline.Print(timer);
  }
  out << '\n';
  for (const std::string& line : InStep(agreement, events)) {
    out << line << '\n';
  }
}

void PrintActions(const v1::ExplainAgreementResponse& explained, std::ostream& out) {
  Table actions({{"who may"},
                 {"do"},
                 {"milestone"},
                 {"parties", Table::Align::kLeft, 32},
                 {"and then", Table::Align::kLeft, 60}});
  for (const auto& action : explained.actions()) {
    std::string parties;
    for (const std::string& party : action.parties()) {
      parties += (parties.empty() ? "" : ", ") + LastPart(party);
    }
    actions.Add({action.actor(), action.method(), action.milestone_id(), parties, action.effect()});
  }
  if (!actions.empty()) {
    out << "\nWho may do what now\n";
    actions.Print(out);
  }
}

void PrintExplanation(const v1::ExplainAgreementResponse& explained, base::Time now, std::ostream& out) {
  out << explained.summary() << '\n';
  if (explained.has_missing_funds()) {
    out << "missing: " << FormatAmount(explained.missing_funds()) << '\n';
  }
  Table requirements({{"milestone"}, {"asked for"}, {"by"}, {"met"}});
  for (const auto& r : explained.requirements()) {
    requirements.Add({r.milestone_id(), ShortName(*v1::ConfirmationKind_descriptor(), r.kind()),
                      ShortName(*v1::Role_descriptor(), r.role()),
                      r.met() ? fmt::format("yes, event {}", r.met_sequence()) : "no"});
  }
  if (!requirements.empty()) {
    out << "\nWhat has to be confirmed\n";
    requirements.Print(out);
  }
  Table timers({{"in", kRight}, {"at"}, {"milestone"}, {"then", Table::Align::kLeft, 60}});
  for (const auto& timer : explained.timers()) {
    const base::Time expiry = ToTime(timer.expire_time());
    timers.Add({FormatDuration((expiry.ns - now.ns) / base::kNsPerSecond), FormatTimestamp(timer.expire_time()),
                timer.milestone_id(), timer.effect()});
  }
  if (!timers.empty()) {
    out << "\nWhat happens if nobody does anything\n";
    timers.Print(out);
  }
  PrintActions(explained, out);
}

// Methods in the order of the table, a column for each kind of principal.
Table PermissionTable(const v1::ListRulesResponse& rules) {
  constexpr std::array kKinds = {v1::Principal::KIND_OPERATOR, v1::Principal::KIND_PLATFORM, v1::Principal::KIND_PARTY,
                                 v1::Principal::KIND_AUDITOR};
  std::vector<std::string> methods;
  std::map<std::pair<std::string, int>, std::string> scopes;
  for (const auto& rule : rules.permissions()) {
    if (std::ranges::find(methods, rule.method()) == methods.end()) {
      methods.push_back(rule.method());
    }
    scopes[{rule.method(), rule.principal()}] = rule.allowed() ? rule.scope() : "no";
  }
  constexpr std::size_t kScopeWidth = 30;
  Table table({{"method"},
               {"operator", Table::Align::kLeft, kScopeWidth},
               {"platform", Table::Align::kLeft, kScopeWidth},
               {"party", Table::Align::kLeft, kScopeWidth},
               {"auditor", Table::Align::kLeft, kScopeWidth}});
  for (const std::string& method : methods) {
    std::vector<std::string> row = {method};
    for (const auto kind : kKinds) {
      row.push_back(scopes[{method, kind}]);
    }
    table.Add(std::move(row));
  }
  return table;
}

Table TransitionTable(const v1::ListRulesResponse& rules) {
  Table table({{"resource"}, {"state"}, {"method"}, {"allowed"}});
  for (const auto& rule : rules.transitions()) {
    table.Add({rule.resource(), rule.state(), rule.method(),
               rule.reason() == v1::REASON_UNSPECIFIED ? "yes"
                                                       : "no: " + ShortName(*v1::Reason_descriptor(), rule.reason())});
  }
  return table;
}

// Creates the file for a new key; fails when there is one, so that no key is ever overwritten.
absl::Status WriteKeyFile(const std::string& path, const std::string& key) {
  const auto failed = [&](std::string_view what) {
    return absl::InvalidArgumentError(fmt::format("{}: {}: {}", path, what, std::strerror(errno)));
  };
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) {
    return failed("cannot be created");
  }
  const std::string line = key + "\n";
  const bool written = ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const bool closed = ::close(file) == 0;
  return written && closed ? absl::OkStatus() : failed("cannot be written");
}

}  // namespace

absl::Status ReadEvents(Client& client, const std::string& agreement, std::vector<v1::Event>& events) {
  v1::ListEventsRequest request;
  request.mutable_event_filter()->set_platform(PlatformOf(agreement));
  request.mutable_event_filter()->set_agreement(agreement);
  v1::ListEventsResponse response;
  if (absl::Status status = client.CallAllPages(request, response); !status.ok()) {
    return status;
  }
  events.assign(response.events().begin(), response.events().end());
  return absl::OkStatus();
}

absl::Status ShowAgreement(Client& client, const std::string& name, Output output) {
  v1::GetAgreementRequest get;
  get.set_name(name);
  v1::Agreement agreement;
  if (absl::Status status = client.Call(get, agreement); !status.ok()) {
    return status;
  }
  std::vector<v1::Event> events;
  if (absl::Status status = ReadEvents(client, name, events); !status.ok()) {
    return status;
  }
  if (output.json) {
    v1::ListEventsResponse list;
    list.mutable_events()->Assign(events.begin(), events.end());
    output.out << "{\"agreement\":";
    RenderJson(agreement, true, output.out);
    output.out << ",\"timeline\":";
    RenderJson(list, true, output.out);
    output.out << "}\n";
    return absl::OkStatus();
  }
  v1::ExplainAgreementRequest explain;
  explain.set_name(name);
  v1::ExplainAgreementResponse explained;
  if (absl::Status status = client.Call(explain, explained); !status.ok()) {
    return status;
  }
  PrintSummary(agreement, output.out);
  PrintTerms(agreement, output.out);
  output.out << '\n';
  PrintStory(agreement, events, explained, output.out);
  return absl::OkStatus();
}

absl::Status ExplainAgreement(Client& client, const std::string& name, Output output) {
  v1::ExplainAgreementRequest request;
  request.set_name(name);
  v1::ExplainAgreementResponse explained;
  if (absl::Status status = client.Call(request, explained); !status.ok()) {
    return status;
  }
  if (output.json) {
    RenderJson(explained, false, output.out);
    return absl::OkStatus();
  }
  // Timers run by the platform's clock: a sandbox has its own.
  v1::GetPlatformRequest get;
  get.set_name(PlatformOf(name));
  v1::Platform platform;
  if (absl::Status status = client.Call(get, platform); !status.ok()) {
    return status;
  }
  PrintExplanation(explained, ToTime(platform.clock_time()), output.out);
  return absl::OkStatus();
}

absl::Status TailEvents(Client& client, const v1::StreamEventsRequest& request, Output output) {
  return client.Stream(request, [&](const google::protobuf::Message& message) {
    for (const v1::Event& event : static_cast<const v1::StreamEventsResponse&>(message).events()) {
      if (output.json) {
        RenderJson(event, true, output.out);
      } else {
        output.out << fmt::format(
            "{:>9}  {:<24}  {:<24} {:<32} {}\n", event.sequence(), FormatTimestamp(EventTime(event)), KindName(event),
            LastPart(event.platform()) + (event.agreement_id().empty() ? "" : "/") + event.agreement_id(),
            Describe(event, {}).text);
      }
    }
    output.out.flush();
    return output.out.good();
  });
}

absl::Status ShowTrialBalance(Client& client, const std::string& platform, Output output, bool& balanced) {
  v1::GetTrialBalanceRequest request;
  request.set_platform(platform);
  v1::TrialBalance balance;
  if (absl::Status status = client.Call(request, balance); !status.ok()) {
    return status;
  }
  balanced = balance.balanced();
  if (output.json) {
    RenderJson(balance, false, output.out);
    return absl::OkStatus();
  }
  Table table({{"platform"}, {"account"}, {"debit", kRight}, {"credit", kRight}});
  for (const auto& total : balance.totals()) {
    const std::string amount = FormatAmount(total.minor_units(), total.currency_code());
    const bool debit = total.account() == v1::ACCOUNT_KIND_CUSTODY_BANK;
    table.Add({LastPart(total.platform()), ShortName(*v1::AccountKind_descriptor(), total.account()),
               debit ? amount : "", debit ? "" : amount});
  }
  table.Print(output.out);
  output.out << fmt::format("\nas of event {}: {}\n", balance.sequence(), balanced ? "balanced" : "NOT BALANCED");
  return absl::OkStatus();
}

absl::Status VerifyReplay(Client& client, Output output, bool& identical) {
  v1::VerifyReplayResponse last;
  {
    ProgressBar bar("replay");
    const absl::Status status = client.Stream(v1::VerifyReplayRequest(), [&](const google::protobuf::Message& message) {
      last.CopyFrom(message);
      bar.Update(last.replayed_sequence(), last.through_sequence());
      return true;
    });
    if (!status.ok()) {
      return status;
    }
  }
  identical = last.done() && last.identical();
  if (output.json) {
    RenderJson(last, false, output.out);
    return absl::OkStatus();
  }
  output.out << fmt::format("replayed {} events\n  running  {}\n  rebuilt  {}\n", last.through_sequence(),
                            last.live_digest(), last.replay_digest());
  for (const std::string& check : last.checks()) {
    output.out << "  checked: " << check << '\n';
  }
  output.out << (identical ? "identical\n" : "DIFFERENT\n");
  return absl::OkStatus();
}

absl::Status ShowRules(Client& client, bool markdown, Output output) {
  v1::ListRulesResponse rules;
  if (absl::Status status = client.Call(v1::ListRulesRequest(), rules); !status.ok()) {
    return status;
  }
  if (output.json) {
    RenderJson(rules, false, output.out);
    return absl::OkStatus();
  }
  output.out << (markdown ? "## Who may do what\n\n" : "Who may do what\n");
  PrintTable(PermissionTable(rules), markdown, output.out);
  output.out << (markdown ? "\n## What each state allows\n\n" : "\nWhat each state allows\n");
  PrintTable(TransitionTable(rules), markdown, output.out);
  return absl::OkStatus();
}

absl::Status ShowReasons(Client& client, bool markdown, Output output) {
  v1::ListReasonsResponse reasons;
  if (absl::Status status = client.Call(v1::ListReasonsRequest(), reasons); !status.ok()) {
    return status;
  }
  if (output.json) {
    RenderJson(reasons, false, output.out);
    return absl::OkStatus();
  }
  Table table({{"reason"}, {"gRPC status"}, {"burns the request id"}, {"meaning", Table::Align::kLeft, 72}});
  for (const auto& reason : reasons.reasons()) {
    table.Add({reason.reason_name(),
               google::rpc::Code_IsValid(reason.status_code())
                   ? google::rpc::Code_Name(static_cast<google::rpc::Code>(reason.status_code()))
                   : std::to_string(reason.status_code()),
               reason.burns_request_id() ? "yes" : "no", reason.description()});
  }
  PrintTable(table, markdown, output.out);
  return absl::OkStatus();
}

absl::Status IssueKey(Client& client, const KeyRequest& request, Output output) {
  const auto kind = ParseEnum(*v1::Principal::Kind_descriptor(), request.kind);
  if (!kind.ok()) {
    return absl::InvalidArgumentError(fmt::format("--kind: {}", std::string(kind.status().message())));
  }
  const std::string key = NewApiKey();
  if (absl::Status status = WriteKeyFile(request.file, key); !status.ok()) {
    return status;
  }
  v1::CreateCredentialRequest create;
  create.set_credential_id(request.credential_id);
  create.set_request_id(NewRequestId());
  auto& principal = *create.mutable_credential()->mutable_principal();
  principal.set_kind(static_cast<v1::Principal::Kind>((*kind)->number()));
  principal.set_platform(request.platform);
  principal.set_party(request.party);
  create.mutable_credential()->set_api_key_sha256(ApiKeyHash(key));
  v1::CommandReply reply;
  if (absl::Status status = client.Call(create, reply); !status.ok()) {
    // A key that was refused is of no use. When the outcome is not known, it may be registered: keep it.
    if (ExitCodeOf(status) == kExitRefused) {
      ::unlink(request.file.c_str());
    }
    return status;
  }
  if (output.json) {
    RenderJson(reply, false, output.out);
  } else {
    output.out << fmt::format("{} for {}: the key is in {}\n", reply.name(), Describe(principal), request.file);
  }
  return absl::OkStatus();
}

}  // namespace escrow::ctl
