// docs/rules/*.csv are the tables of the core as data, for whoever checks a log without our code.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "core/reasons.h"
#include "core/rules.h"
#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/payout.pb.h"

namespace escrow::core::test {
namespace {

std::string NameOf(Scope scope) {
  switch (scope) {
    case Scope::kNever:
      return "never";
    case Scope::kAlways:
      return "always";
    case Scope::kOperatorFees:
      return "operator-fees";
    case Scope::kOwnPlatform:
      return "own-platform";
    case Scope::kOwnPlatformOnRail:
      return "own-platform-on-rail";
    case Scope::kOwnPlatformForParty:
      return "own-platform-for-party";
    case Scope::kSelf:
      return "self";
    case Scope::kSelfReading:
      return "self-reading";
  }
  return {};
}

std::string StateName(std::string_view resource, int state) {
  const std::string name = resource == "Agreement"   ? v1::Agreement::State_Name(state)
                           : resource == "Milestone" ? v1::Milestone::State_Name(state)
                                                     : v1::Payout::State_Name(state);
  return name.substr(std::string("STATE_").size());
}

std::string Permissions() {
  std::string text = "method,operator,platform,party,auditor\n";
  for (const PermissionRow& row : PermissionTable()) {
    text += std::string(row.method) + ',' + NameOf(row.by_operator) + ',' + NameOf(row.by_platform) + ',' +
            NameOf(row.by_party) + ',' + NameOf(row.by_auditor) + '\n';
  }
  return text;
}

std::string Transitions() {
  std::string text = "resource,state,method,answer\n";
  for (const TransitionRow& row : TransitionTable()) {
    text += std::string(row.resource) + ',' + StateName(row.resource, row.state) + ',' +
            std::string(MethodOf(row.command)) + ',' +
            (row.reason == v1::REASON_UNSPECIFIED ? "OK" : std::string(FindReason(row.reason).name)) + '\n';
  }
  return text;
}

std::string Reasons() {
  std::string text = "reason,status,burns\n";
  for (const ReasonRow& row : ReasonTable()) {
    text += std::string(row.name) + ',' + std::to_string(row.status_code) + ',' + (row.burns ? "yes" : "no") + '\n';
  }
  return text;
}

// Compares a file with what it must be. With ESCROW_WRITE_RULES set in the environment it is written instead.
void Check(const std::string& name, const std::string& text) {
  const std::string path = std::string(ESCROW_SOURCE_DIR "/docs/rules/") + name;
  if (std::getenv("ESCROW_WRITE_RULES") != nullptr) {
    std::ofstream(path) << text;
  }
  std::ifstream file(path);
  const std::string committed{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_EQ(committed, text) << path << " differs from the table; run this test with ESCROW_WRITE_RULES=1";
}

TEST(RulesFileTest, ThePublishedTablesAreThoseOfTheCore) {
  Check("permissions.csv", Permissions());
  Check("transitions.csv", Transitions());
  Check("reasons.csv", Reasons());
}

}  // namespace
}  // namespace escrow::core::test
