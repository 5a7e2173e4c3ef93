// Writes the logs of SEEDS runs of the simulator (from seed 1) into FILE, for `redo`: whatever agreements, batches,
// timers, clocks and faults it draws.
//
//   redo_log SEEDS FILE

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "sim/marks.h"
#include "sim/simulation.h"
#include "sim/verdict.h"

int main(int argc, char** argv) {
  constexpr std::uint64_t kCommands = 400;  // per seed
  if (argc != 3) {
    std::fprintf(stderr, "usage: redo_log SEEDS FILE\n");
    return 2;
  }
  std::ofstream file(argv[2], std::ios::binary);
  escrow::sim::Marks marks;
  const std::uint64_t seeds = std::strtoull(argv[1], nullptr, 10);
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    escrow::sim::BeginRun(seed, "escrow-sim --seeds 1 --first-seed " + std::to_string(seed));
    escrow::sim::Simulation simulation(seed, kCommands, marks);
    (void)simulation.Run();
    for (std::uint64_t sequence = 1; sequence <= simulation.log().size(); ++sequence) {
      const std::string bytes(simulation.log().bytes(sequence));
      file.put(static_cast<char>(bytes.size() >> 8U));
      file.put(static_cast<char>(bytes.size()));
      file << bytes;
    }
  }
  file.close();
  return file.good() ? 0 : 1;
}
