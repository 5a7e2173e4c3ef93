#pragma once

#include <cstdint>

#include "sim/marks.h"
#include "sim/simulation.h"

namespace escrow::sim {

struct RunnerOptions {
  std::uint64_t seeds = 100;
  std::uint64_t first_seed = 1;
  std::uint64_t commands = 200;  // per seed
  int jobs = 1;                  // processes
};

struct Totals {
  std::uint64_t runs = 0;
  RunResult sum;  // traces are added up
  Marks marks;
};

// Runs the seeds, one after the other in each process. False when a process ended with a violation, which it has told
// on stderr.
[[nodiscard]] bool RunSeeds(const RunnerOptions& options, Totals& totals);

}  // namespace escrow::sim
