// escrow-sim: runs the engine for many seeds on a disk that fails and with clients that misbehave.

#include <cstdio>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "sim/runner.h"

namespace escrow::sim {
namespace {

void PrintText(const Totals& totals) {
  for (const auto& [name, count] : totals.marks.counts()) {
    std::printf("mark %s %lu\n", name.c_str(), count);
  }
}

void PrintJson(const Totals& totals, const std::vector<std::string>& missing) {
  std::printf("{\"runs\":%lu,\"commands\":%lu,\"events\":%lu,\"faults\":%lu,\"trace\":\"%016lx\",\"marks\":{",
              totals.runs, totals.sum.commands, totals.sum.events, totals.sum.faults, totals.sum.trace);
  const char* comma = "";
  for (const auto& [name, count] : totals.marks.counts()) {
    std::printf("%s\"%s\":%lu", comma, name.c_str(), count);
    comma = ",";
  }
  std::printf("},\"missing\":[");
  comma = "";
  for (const std::string& name : missing) {
    std::printf("%s\"%s\"", comma, name.c_str());
    comma = ",";
  }
  std::printf("]}\n");
}

int Run(const RunnerOptions& options, bool json, bool require_marks) {
  Totals totals;
  if (!RunSeeds(options, totals)) {
    return 1;
  }
  std::size_t hit = 0;
  std::vector<std::string> missing;
  const std::vector<std::string> required = RequiredMarks();
  for (const std::string& name : required) {
    if (totals.marks.CountOf(name) == 0) {
      missing.push_back(name);
    } else {
      ++hit;
    }
  }
  if (json) {
    PrintJson(totals, missing);
  } else {
    PrintText(totals);
    for (const std::string& name : missing) {
      std::printf("mark %s 0\n", name.c_str());
    }
    std::printf("%lu runs, %lu commands, %lu events, %lu faults, %zu of %zu marks, 0 violations, trace %016lx\n",
                totals.runs, totals.sum.commands, totals.sum.events, totals.sum.faults, hit, required.size(),
                totals.sum.trace);
  }
  if (require_marks && !missing.empty()) {
    std::fprintf(stderr, "escrow-sim: %zu marks were not hit, the first is '%s'\n", missing.size(),
                 missing.front().c_str());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace escrow::sim

int main(int argc, char** argv) {
  CLI::App app(
      "Runs the engine in virtual time, on a disk that fails, for clients that misbehave, and checks all of it.",
      "escrow-sim");
  escrow::sim::RunnerOptions options;
  bool json = false;
  bool require_marks = false;
  app.add_option("--seeds", options.seeds, "How many runs")->capture_default_str();
  app.add_option("--first-seed", options.first_seed, "The seed of the first run; the next has the next")
      ->envname("ESCROW_SEED")
      ->capture_default_str();
  app.add_option("--commands", options.commands, "Commands of one run, at least")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--jobs", options.jobs, "Processes that share the runs")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  app.add_flag("--json", json, "Print one JSON object");
  app.add_flag("--require-marks", require_marks, "Fail when something that should have happened never did");
  CLI11_PARSE(app, argc, argv);
  return escrow::sim::Run(options, json, require_marks);
}
