#include "sim/runner.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/assert.h"
#include "sim/verdict.h"

namespace escrow::sim {
namespace {

// The seeds of one process: every `jobs`-th from `first_seed` + `job` on.
Totals RunShare(const RunnerOptions& options, int job) {
  const RunnerOptions defaults;
  Totals totals;
  for (auto i = static_cast<std::uint64_t>(job); i < options.seeds; i += static_cast<std::uint64_t>(options.jobs)) {
    const std::uint64_t seed = options.first_seed + i;
    std::string repeat = "escrow-sim --seeds 1 --first-seed " + std::to_string(seed);
    if (options.commands != defaults.commands) {
      repeat += " --commands " + std::to_string(options.commands);
    }
    BeginRun(seed, repeat);
    const RunResult result = Simulation(seed, options.commands, totals.marks).Run();
    totals.runs += 1;
    totals.sum.commands += result.commands;
    totals.sum.events += result.events;
    totals.sum.faults += result.faults;
    totals.sum.trace += result.trace;
  }
  return totals;
}

void Print(const Totals& totals, std::FILE* out) {
  std::fprintf(out, "%lu %lu %lu %lu %lu\n", totals.runs, totals.sum.commands, totals.sum.events, totals.sum.faults,
               totals.sum.trace);
  for (const auto& [name, count] : totals.marks.counts()) {
    std::fprintf(out, "%lu %s\n", count, name.c_str());
  }
}

// Adds what Print has printed.
void Add(std::FILE* in, Totals& totals) {
  Totals share;
  if (std::fscanf(in, "%lu %lu %lu %lu %lu\n", &share.runs, &share.sum.commands, &share.sum.events, &share.sum.faults,
                  &share.sum.trace) != 5) {
    return;  // it ended before its end
  }
  totals.runs += share.runs;
  totals.sum.commands += share.sum.commands;
  totals.sum.events += share.sum.events;
  totals.sum.faults += share.sum.faults;
  totals.sum.trace += share.sum.trace;
  unsigned long count = 0;
  char name[200];
  while (std::fscanf(in, "%lu %199[^\n]\n", &count, name) == 2) {
    totals.marks.Hit(name, count);
  }
}

struct Worker {
  pid_t process = 0;
  std::FILE* results = nullptr;
};

Worker StartWorker(const RunnerOptions& options, int job) {
  int ends[2];
  const int piped = pipe(ends);
  ESCROW_ASSERT(piped == 0);
  std::fflush(nullptr);
  const pid_t process = fork();
  ESCROW_ASSERT(process >= 0);
  if (process == 0) {
    close(ends[0]);
    std::FILE* out = fdopen(ends[1], "w");
    Print(RunShare(options, job), out);
    std::fclose(out);
    std::_Exit(0);
  }
  close(ends[1]);
  return {.process = process, .results = fdopen(ends[0], "r")};
}

}  // namespace

bool RunSeeds(const RunnerOptions& options, Totals& totals) {
  if (options.jobs == 1) {
    totals = RunShare(options, 0);
    return true;
  }
  std::vector<Worker> workers;
  for (int job = 0; job < options.jobs; ++job) {
    workers.push_back(StartWorker(options, job));
  }
  bool good = true;
  for (std::size_t ended = 0; ended < workers.size(); ++ended) {
    int status = 0;
    const pid_t process = wait(&status);
    ESCROW_ASSERT(process > 0);
    if (status == 0 || !good) {
      continue;
    }
    good = false;  // the first violation ends the others
    for (const Worker& worker : workers) {
      if (worker.process != process) {
        kill(worker.process, SIGTERM);
      }
    }
  }
  for (const Worker& worker : workers) {
    Add(worker.results, totals);
    std::fclose(worker.results);
  }
  return good;
}

}  // namespace escrow::sim
