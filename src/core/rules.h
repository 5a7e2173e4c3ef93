#pragma once

#include <span>
#include <string_view>

#include "escrow/v1/command.pb.h"
#include "escrow/v1/platform.pb.h"
#include "escrow/v1/reason.pb.h"

// Who may do what, and what each state allows: tables that the code, the documentation and the tests share.
namespace escrow::core {

// Within which bounds a kind of principal may call a method.
enum class Scope {
  kNever,
  kAlways,
  kOperatorFees,         // from the operator's fees alone
  kOwnPlatform,          // what belongs to its platform
  kOwnPlatformOnRail,    // the same, if the platform has rail access
  kOwnPlatformForParty,  // the same, for a party, unless the agreement demands the party's own credential
  kSelf,                 // as the party itself, in a role that the agreement gives it
  kSelfReading,          // what concerns the party itself
};

[[nodiscard]] std::string_view ScopeText(Scope scope);

struct PermissionRow {
  std::string_view method;  // name of the gRPC method, writes and reads
  Scope by_operator;
  Scope by_platform;
  Scope by_party;
  Scope by_auditor;  // of a platform: the scope is narrowed to that platform
};

[[nodiscard]] std::span<const PermissionRow> PermissionTable();
// The row of a method; null for an unknown one.
[[nodiscard]] const PermissionRow* FindPermission(std::string_view method);
[[nodiscard]] Scope ScopeFor(const PermissionRow& row, v1::Principal::Kind kind);

// The row of the method that a command calls. REQUIRES: payload is set.
[[nodiscard]] const PermissionRow& PermissionFor(v1::Command::PayloadCase payload);

// The method of a command's payload, such as "RecordDeposit". REQUIRES: payload is set.
[[nodiscard]] std::string_view MethodOf(v1::Command::PayloadCase payload);

struct TransitionRow {
  std::string_view resource;  // Agreement, Milestone, Payout
  int state;                  // value of the resource's State enum
  v1::Command::PayloadCase command;
  v1::Reason reason;  // REASON_UNSPECIFIED: allowed
};

// Every state × command that the state decides about.
[[nodiscard]] std::span<const TransitionRow> TransitionTable();

// What the table says. REQUIRES: it has the row.
[[nodiscard]] v1::Reason ReasonIn(std::string_view resource, int state, v1::Command::PayloadCase command);

}  // namespace escrow::core
