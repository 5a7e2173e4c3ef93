#pragma once

#include <string>

#include "base/time.h"
#include "escrow/v1/agreement.pb.h"
#include "sim/random.h"

// Agreements by chance.
namespace escrow::sim {

// The parties of every platform, by id. "stranger" exists and takes part in nothing.
inline constexpr const char* kParties[] = {"buyer",   "buyer2",    "seller",  "seller2", "carrier",
                                           "arbiter", "inspector", "partner", "stranger"};

// A well-formed agreement on a platform whose time is `now`, with milestones m0, m1, ...
[[nodiscard]] v1::Agreement RandomContract(Random& random, const std::string& platform, base::Time now);

// Makes one thing wrong with it.
void Spoil(Random& random, v1::Agreement& agreement);

}  // namespace escrow::sim
