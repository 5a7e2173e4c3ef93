#include "audit/rule_tables.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/assert.h"

namespace escrow::audit {
namespace {

// The files of docs/rules, embedded by the build.
constexpr char kPermissions[] = {
#include "permissions.inc"
};
constexpr char kTransitions[] = {
#include "transitions.inc"
};
constexpr char kReasons[] = {
#include "reasons.inc"
};

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

// The rows behind the line of column names, which must be `columns`.
Complaint ReadRows(std::string_view text, std::string_view columns, std::vector<std::vector<std::string>>& rows) {
  const std::size_t width = Split(columns, ',').size();
  std::vector<std::string> lines = Split(text, '\n');
  if (lines.back().empty()) {
    lines.pop_back();
  }
  if (lines.empty() || lines.front() != columns) {
    return "the first line is not '" + std::string(columns) + "'";
  }
  for (std::size_t i = 1; i < lines.size(); ++i) {
    rows.push_back(Split(lines[i], ','));
    if (rows.back().size() != width) {
      return "line " + std::to_string(i + 1) + " has not " + std::to_string(width) + " fields";
    }
  }
  return {};
}

constexpr auto kKinds = std::to_array<v1::Principal::Kind>({v1::Principal::KIND_OPERATOR, v1::Principal::KIND_PLATFORM,
                                                            v1::Principal::KIND_PARTY, v1::Principal::KIND_AUDITOR});

// create_party -> CreateParty; commit_record is what PutRecord puts into the log.
std::string MethodOfField(std::string_view field) {
  if (field == "commit_record") {
    return "PutRecord";
  }
  std::string method;
  bool upper = true;
  for (const char c : field) {
    if (c != '_') {
      method += upper ? static_cast<char>(c - 'a' + 'A') : c;
    }
    upper = c == '_';
  }
  return method;
}

}  // namespace

std::string_view MethodOf(const v1::Command& command) {
  // By number of the payload's field.
  static const std::vector<std::string> methods = [] {
    std::vector<std::string> names(1);
    const auto* descriptor = v1::Command::descriptor();
    for (int i = 0; i < descriptor->field_count(); ++i) {
      const auto number = static_cast<std::size_t>(descriptor->field(i)->number());
      names.resize(std::max(names.size(), number + 1));
      names[number] = MethodOfField(descriptor->field(i)->name());
    }
    return names;
  }();
  return methods[static_cast<std::size_t>(command.payload_case())];
}

const RuleTables& RuleTables::Published() {
  static const RuleTables tables = [] {
    RuleTables published;
    const Complaint wrong = published.Load({kPermissions, sizeof kPermissions}, {kTransitions, sizeof kTransitions},
                                           {kReasons, sizeof kReasons});
    ESCROW_ASSERT(!wrong);
    return published;
  }();
  return tables;
}

Complaint RuleTables::Load(std::string_view permissions, std::string_view transitions, std::string_view reasons) {
  std::vector<std::vector<std::string>> rows;
  if (Complaint wrong = ReadRows(permissions, "method,operator,platform,party,auditor", rows)) {
    return "permissions: " + *wrong;
  }
  for (const std::vector<std::string>& row : rows) {
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
      scopes_[{row[0], kKinds[i]}] = row[i + 1];
    }
  }
  rows.clear();
  if (Complaint wrong = ReadRows(transitions, "resource,state,method,answer", rows)) {
    return "transitions: " + *wrong;
  }
  for (const std::vector<std::string>& row : rows) {
    answers_[{row[0], row[1], row[2]}] = row[3] == "OK" ? std::string() : row[3];
  }
  rows.clear();
  if (Complaint wrong = ReadRows(reasons, "reason,status,burns", rows)) {
    return "reasons: " + *wrong;
  }
  for (const std::vector<std::string>& row : rows) {
    if (row[2] == "yes") {
      burning_.insert("REASON_" + row[0]);
    }
  }
  return {};
}

std::string_view RuleTables::ScopeOf(std::string_view method, v1::Principal::Kind kind) const {
  const auto found = scopes_.find(std::tuple<std::string_view, v1::Principal::Kind>(method, kind));
  return found == scopes_.end() ? std::string_view("never") : found->second;
}

std::string_view RuleTables::RefusalIn(std::string_view resource, std::string_view state,
                                       std::string_view method) const {
  const auto found =
      answers_.find(std::tuple<std::string_view, std::string_view, std::string_view>(resource, state, method));
  return found == answers_.end() ? std::string_view("NOT_IN_THE_TABLE") : found->second;
}

bool RuleTables::Burns(v1::Reason reason) const { return burning_.contains(v1::Reason_Name(reason)); }

}  // namespace escrow::audit
