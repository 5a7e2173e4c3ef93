#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "escrow/v1/command.pb.h"
#include "escrow/v1/event.pb.h"
#include "escrow/v1/platform.pb.h"
#include "escrow/v1/reason.pb.h"
#include "model/world.h"

namespace escrow::model {

// A command that is well-formed and permitted, whose target exists.
struct Call {
  const v1::Command& command;
  const v1::Principal& actor;
  Nanos log_time = 0;
  Nanos now = 0;               // the platform's time
  std::uint64_t sequence = 0;  // of the command's event
  std::optional<Key> agreement;
};

// Carries the command out, or says why not; then nothing has changed. Adds the command's own event; what follows from
// it is not its business.
[[nodiscard]] v1::Reason Carry(World& world, const Call& call, std::vector<v1::Event>& events);

// What of an account could be paid out now: its balance less what automatic payouts will take.
[[nodiscard]] Wide Available(const World& world, const std::string& platform, const v1::Payout& payout);

}  // namespace escrow::model
