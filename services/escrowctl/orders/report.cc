#include "escrowctl/orders/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "escrow/v1/ledger.pb.h"
#include "escrowctl/render.h"
#include "escrowctl/table.h"
#include "escrowctl/values.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"

namespace escrow::orders {
namespace {

using ctl::Table;
using google::protobuf::ListValue;
using google::protobuf::Struct;

constexpr std::size_t kExamplesMax = 3;
constexpr std::size_t kListedMax = 10;  // of what must not happen

std::string StateName(int state) { return ctl::ShortName(*v1::Agreement::State_descriptor(), state); }

std::string Unaccounted(const RunResult& result) {
  std::string text;
  for (const auto& [code, sums] : result.sums) {
    if (sums.unaccounted() != 0) {
      text += (text.empty() ? "" : ", ") + ctl::FormatAmount(sums.unaccounted(), code);
    }
  }
  return text.empty() ? "0" : text;
}

bool Identical(const RunResult& result) { return result.replay.done() && result.replay.identical(); }

void PrintPolicies(const Plan& plan, std::ostream& out) {
  Table table({{"policy"},
               {"orders", Table::Align::kRight},
               {"when", Table::Align::kLeft, 40},
               {"then", Table::Align::kLeft, 48},
               {"for example"}});
  for (const PolicyRow& row : PolicyTable()) {
    std::size_t count = 0;
    std::string examples;
    for (const Finding& finding : plan.findings) {
      if (finding.policy == row.policy && count++ < kExamplesMax) {
        // Eight digits are enough to find an order; the report for programs has all of them.
        examples += (examples.empty() ? "" : " ") + finding.order_id.substr(0, 8);
      }
    }
    if (count > 0) {
      table.Add({std::string(row.name), std::to_string(count), std::string(row.when), std::string(row.then), examples});
    }
  }
  out << "Rows that needed a policy\n";
  table.Print(out);
}

void PrintRefusals(const RunResult& result, std::ostream& out) {
  std::map<std::tuple<std::string, std::string, std::string>, std::vector<std::string>> groups;
  for (const Refusal& refusal : result.refusals) {
    const std::string policy = refusal.policy ? std::string(RowOf(*refusal.policy).name) : "NONE";
    groups[{refusal.method, refusal.reason, policy}].push_back(refusal.order_id.substr(0, 8));
  }
  if (groups.empty()) {
    return;
  }
  Table table({{"refused"}, {"reason"}, {"by policy"}, {"times", Table::Align::kRight}, {"for example"}});
  for (const auto& [key, ids] : groups) {
    const auto& [method, reason, policy] = key;
    const auto end = ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), kExamplesMax));
    table.Add(
        {method, reason, policy, std::to_string(ids.size()), fmt::format("{}", fmt::join(ids.begin(), end, " "))});
  }
  out << "\nCommands that the service refused\n";
  table.Print(out);
}

// What must not happen: the first few, with what was said.
void PrintFailures(const RunResult& result, std::ostream& out) {
  std::vector<std::string> lines;
  for (const Refusal& refusal : result.refusals) {
    if (!refusal.policy) {
      lines.push_back(fmt::format("{}: {} refused, no policy covers it: {}: {}", refusal.order_id, refusal.method,
                                  refusal.reason, refusal.message));
    }
  }
  for (const Deviation& deviation : result.deviations) {
    lines.push_back(fmt::format("{}: {}", deviation.order_id, deviation.what));
  }
  for (const auto& [code, sums] : result.sums) {
    std::ranges::copy(sums.Disagreements(code), std::back_inserter(lines));
  }
  if (!result.ledger_balanced) {
    lines.emplace_back("the service's trial balance does not add up");
  }
  if (lines.empty()) {
    return;
  }
  out << "\nNot as it should be: " << lines.size() << '\n';
  for (std::size_t i = 0; i < std::min(lines.size(), kListedMax); ++i) {
    out << "  " << lines[i] << '\n';
  }
}

void PrintStates(const RunResult& result, std::ostream& out) {
  Table table({{"agreements"}, {"count", Table::Align::kRight}});
  for (const auto& [state, count] : result.by_state) {
    table.Add({StateName(state), std::to_string(count)});
  }
  table.Add({"all", std::to_string(result.created())});
  out << '\n';
  table.Print(out);
}

void PrintMoney(const RunResult& result, std::ostream& out) {
  constexpr auto kRight = Table::Align::kRight;
  Table table({{"currency"},
               {"deposited", kRight},
               {"released", kRight},
               {"refunded", kRight},
               {"held", kRight},
               {"fees", kRight},
               {"unallocated", kRight},
               {"unaccounted", kRight}});
  for (const auto& [code, sums] : result.sums) {
    const auto currency = base::Currency::FromCode(code);
    ESCROW_ASSERT(currency);  // the service took it
    const auto money = [&](std::int64_t units) { return ctl::FormatDecimal(units, currency->exponent()); };
    table.Add({code, money(sums.deposited), money(sums.released), money(sums.refunded), money(sums.held),
               money(sums.fees), money(sums.unallocated), money(sums.unaccounted())});
  }
  out << '\n';
  table.Print(out);
}

void PrintReplay(const RunResult& result, std::ostream& out) {
  const auto& replay = result.replay;
  out << fmt::format("\nReplay of {} events: {}\n", replay.through_sequence(),
                     Identical(result) ? "identical" : "DIFFERENT");
  out << fmt::format("  running  {}\n  rebuilt  {}\n", replay.live_digest(), replay.replay_digest());
  for (const std::string& check : replay.checks()) {
    out << "  checked: " << check << '\n';
  }
}

void Put(Struct& object, const char* key, std::string text) {
  (*object.mutable_fields())[key].set_string_value(std::move(text));
}

void PutAmount(Struct& object, const char* key, std::int64_t units) { Put(object, key, std::to_string(units)); }

ListValue& PutList(Struct& object, const char* key) { return *(*object.mutable_fields())[key].mutable_list_value(); }

Struct& AddObject(ListValue& list) { return *list.add_values()->mutable_struct_value(); }

void PutCount(Struct& object, const char* key, std::int64_t count) {
  (*object.mutable_fields())[key].set_number_value(static_cast<double>(count));  // exact up to 2^53
}

void AddPolicies(const Plan& plan, Struct& report) {
  ListValue& policies = PutList(report, "policies");
  for (const PolicyRow& row : PolicyTable()) {
    Struct& object = AddObject(policies);
    Put(object, "policy", std::string(row.name));
    Put(object, "when", std::string(row.when));
    Put(object, "then", std::string(row.then));
    ListValue& findings = PutList(object, "findings");
    for (const Finding& finding : plan.findings) {
      if (finding.policy == row.policy) {
        Struct& entry = AddObject(findings);
        Put(entry, "order", finding.order_id);
        Put(entry, "detail", finding.detail);
      }
    }
    PutCount(object, "count", findings.values_size());
  }
}

void AddRefusals(const RunResult& result, Struct& report) {
  ListValue& refusals = PutList(report, "refusals");
  for (const Refusal& refusal : result.refusals) {
    Struct& object = AddObject(refusals);
    Put(object, "order", refusal.order_id);
    Put(object, "method", refusal.method);
    Put(object, "reason", refusal.reason);
    Put(object, "message", refusal.message);
    Put(object, "policy", refusal.policy ? std::string(RowOf(*refusal.policy).name) : "");
  }
  ListValue& deviations = PutList(report, "deviations");
  for (const Deviation& deviation : result.deviations) {
    Struct& object = AddObject(deviations);
    Put(object, "order", deviation.order_id);
    Put(object, "what", deviation.what);
  }
}

void AddMoney(const RunResult& result, Struct& report) {
  ListValue& currencies = PutList(report, "currencies");
  for (const auto& [code, sums] : result.sums) {
    Struct& object = AddObject(currencies);
    Put(object, "currency", code);
    PutAmount(object, "deposited", sums.deposited);
    PutAmount(object, "reversed", sums.reversed);
    PutAmount(object, "released", sums.released);
    PutAmount(object, "refunded", sums.refunded);
    PutAmount(object, "held", sums.held);
    PutAmount(object, "fees", sums.fees);
    PutAmount(object, "unallocated", sums.unallocated);
    PutAmount(object, "debt", sums.debt);
    PutAmount(object, "unaccounted", sums.unaccounted());
    ListValue& disagreements = PutList(object, "disagreements");
    for (const std::string& text : sums.Disagreements(code)) {
      disagreements.add_values()->set_string_value(text);
    }
  }
}

}  // namespace

std::string LastLine(const RunResult& result) {
  return fmt::format("settled {} of {} agreements; unaccounted {}; replay {}", result.ended(), result.created(),
                     Unaccounted(result), Identical(result) ? "identical" : "different");
}

void PrintReport(const Plan& plan, const RunResult& result, std::ostream& out) {
  out << fmt::format("{} orders, {} agreements on {}; {} commands in {} batches, {:.1f} s\n", plan.order_rows,
                     plan.agreements.size(), result.platform, result.commands, result.batches, result.seconds);
  out << fmt::format("the clock went from {} to {}\n\n", ctl::FormatTime(plan.begin), ctl::FormatTime(plan.end));
  PrintPolicies(plan, out);
  PrintRefusals(result, out);
  PrintFailures(result, out);
  PrintStates(result, out);
  PrintMoney(result, out);
  PrintReplay(result, out);
  out << '\n' << LastLine(result) << '\n';
}

std::string JsonReport(const Plan& plan, const RunResult& result) {
  Struct report;
  Put(report, "platform", result.platform);
  PutCount(report, "orderRows", static_cast<std::int64_t>(plan.order_rows));
  PutCount(report, "agreements", result.created());
  PutCount(report, "commands", result.commands);
  ListValue& states = PutList(report, "states");
  for (const auto& [state, count] : result.by_state) {
    Struct& object = AddObject(states);
    Put(object, "state", StateName(state));
    PutCount(object, "count", count);
  }
  AddMoney(result, report);
  AddPolicies(plan, report);
  AddRefusals(result, report);
  (*report.mutable_fields())["ledgerBalanced"].set_bool_value(result.ledger_balanced);
  (*report.mutable_fields())["replayIdentical"].set_bool_value(Identical(result));
  Put(report, "liveDigest", result.replay.live_digest());
  Put(report, "replayDigest", result.replay.replay_digest());
  (*report.mutable_fields())["good"].set_bool_value(result.good());
  Put(report, "line", LastLine(result));
  std::string text;
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  const auto status = google::protobuf::util::MessageToJsonString(report, &text, options);
  ESCROW_ASSERT(status.ok());
  return text;
}

}  // namespace escrow::orders
