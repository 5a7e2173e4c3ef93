#pragma once

#include <optional>
#include <string>

#include "audit/complaint.h"
#include "audit/domain_world.h"
#include "audit/rule_tables.h"
#include "escrow/v1/command.pb.h"
#include "escrow/v1/platform.pb.h"

// Who asks, about what, and whether he may. Pure.
namespace escrow::audit {

// What a command is about.
struct Target {
  enum class Kind { kNothing, kPlatform, kParty, kAgreement, kPayout, kCredential };
  Kind kind = Kind::kNothing;
  std::string platform_id;  // of platforms and what belongs to them
  std::string id;           // of parties, agreements, payouts and credentials
};

// Nothing when the command's name does not have its form.
[[nodiscard]] std::optional<Target> TargetOf(const v1::Command& command);

// The request id of a command; empty when it has no payload.
[[nodiscard]] std::string RequestIdOf(const v1::Command& command);

// A name of its own for each principal; empty when it does not have the form of its kind.
[[nodiscard]] std::string NameOf(const v1::Principal& principal);
// The platform that a principal belongs to; empty for the operator and for an auditor of all.
[[nodiscard]] std::string PlatformIdOfPrincipal(const v1::Principal& principal);

// Whether the principal exists and the table of permissions lets him give this command.
[[nodiscard]] Complaint CheckActor(const v1::Principal& actor, const v1::Command& command, const Target& target,
                                   const World& world, const RuleTables& tables);

// The party that a command of an agreement acts for: the caller himself, or the one that a platform names. Wrong: one
// that does not take part, or that must act itself. REQUIRES: the agreement has not ended.
[[nodiscard]] Complaint FindActingParty(const v1::Principal& actor, const std::string& named,
                                        const AgreementNow& agreement, std::string& party_id);

// Whether a party has a role in an agreement. REQUIRES: the agreement has not ended.
[[nodiscard]] bool HasRole(const AgreementNow& agreement, const std::string& party_id, v1::Role role);

}  // namespace escrow::audit
