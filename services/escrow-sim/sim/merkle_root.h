#pragma once

#include <cstdint>

#include "journal/journal.h"
#include "sim/sim_journal.h"

namespace escrow::sim {

// The Merkle root over events 1 to `size`, by the recursive definition of RFC 6962 section 2.1 and nothing else.
[[nodiscard]] journal::Hash NaiveRoot(const SimJournal& journal, std::uint64_t size);

}  // namespace escrow::sim
