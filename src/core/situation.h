#pragma once

#include <optional>
#include <string>

#include "base/assert.h"
#include "base/time.h"
#include "core/command.h"
#include "core/refusal.h"
#include "core/state.h"
#include "escrow/v1/command.pb.h"
#include "escrow/v1/platform.pb.h"

namespace escrow::core {

// What a command is about, by name.
struct Target {
  enum class Kind { kNone, kPlatform, kParty, kAgreement, kPayout, kCredential };
  Kind kind = Kind::kNone;
  std::string_view platform_id;  // empty for kNone and kCredential
  std::string_view id;           // of the party, agreement, payout or credential
};

// Everything that a decision looks at. Borrowed for the time of the decision.
struct Situation {
  const State& state;
  const v1::Principal& actor;
  base::Time log_time;
  base::Time now;  // the platform's time
  // Found by the command's target; each is set when the target has it. An automatic payout has its agreement.
  std::optional<PlatformSlot> platform = std::nullopt;
  std::optional<PartySlot> party = std::nullopt;
  std::optional<AgreementSlot> agreement = std::nullopt;
  std::optional<PayoutSlot> payout = std::nullopt;
  std::optional<CredentialSlot> credential = std::nullopt;
};

// Reads the command's target from its name or parent. INVALID_NAME when that has not its documented form.
[[nodiscard]] Check ReadTarget(const v1::Command& command, Target& target);

// Looks the target up. *_NOT_FOUND.
[[nodiscard]] Check FindTarget(const Target& target, Situation& situation);

// Whether the actor may call the method on this platform at all; roles within an agreement are checked by the decision
// itself.
[[nodiscard]] Check Authorise(const State& state, const v1::Principal& actor, v1::Command::PayloadCase payload,
                              const Target& target);

// A number for each principal: the scope of its request ids. Nothing when it does not exist.
[[nodiscard]] std::optional<std::uint64_t> PrincipalKey(const State& state, const v1::Principal& actor);

// The party as which the actor acts in the situation's agreement: itself, or the one that the platform names. `field`
// is the name of the field that holds `party_name`.
[[nodiscard]] Check ActingParty(const Situation& situation, std::string_view party_name, std::string_view field,
                                PartySlot& party);

[[nodiscard]] bool HasRole(const Agreement& agreement, PartySlot party, v1::Role role);

}  // namespace escrow::core
