// escrow-bench: the measured halves of deploy/bench, a subcommand each. Every one writes its result as one line of
// JSON. run.py says which of them make a row.

#include <cstdio>
#include <functional>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/synchronization/mutex.h"
#include "bench/echo_server.h"
#include "bench/rows.h"

namespace escrow::bench {
namespace {

struct Arguments {
  Site site;
  Load load;
  std::uint64_t events_max = 0;
  double share = 0.7;
};

void AddLoad(CLI::App& command, Load& load) {
  command.add_option("--first", load.first, "First lifecycle")->required();
  command.add_option("--lifecycles", load.lifecycles, "Lifecycles of a round")->required();
  command.add_option("--rounds", load.rounds, "Rounds");
  command.add_option("--lanes", load.lanes, "Calls or batches in flight");
  command.add_option("--batch", load.batch, "Commands of a batch");
  command.add_option("--connections", load.connections, "Connections to a server");
}

CLI::App& AddRow(CLI::App& app, const std::string& name, const std::string& help, std::function<Result()> run) {
  CLI::App& command = *app.add_subcommand(name, help);
  command.callback([run = std::move(run)] { std::puts(run().Json().c_str()); });
  return command;
}

int Main(int argc, char** argv) {
  // As escrowd does: no global lock for looking at locks.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  CLI::App app("escrow-bench: measures; see deploy/bench");
  app.require_subcommand(1);
  Arguments given;
  Site& site = given.site;
  Load& load = given.load;
  app.add_option("--data", site.data, "Data directory");
  app.add_option("--scratch", site.scratch, "Folder for files on the same disk");
  app.add_option("--address", site.address, "HOST:PORT of escrowd");
  app.add_option("--echo", site.echo_address, "HOST:PORT of the echo server");
  app.add_option("--escrowd", site.escrowd, "Process id of escrowd");
  app.add_option("--live", site.live, "Agreements of the population");

  int code = 0;
  app.add_subcommand("serve-echo", "Serve echoes until standard input ends")->callback([&] { code = ServeEcho(); });
  AddRow(app, "populate", "Make the population", [&] { return Populate(site); });
  AddLoad(AddRow(app, "engine", "Engine and raw append", [&] { return RunEngine(site, load); }), load);
  AddLoad(AddRow(app, "publish", "Engine with the public log and without", [&] { return RunPublish(site, load); }),
          load);
  CLI::App& replay =
      AddRow(app, "replay", "Replay and raw scan", [&] { return RunReplay(site, given.events_max, load.rounds); });
  replay.add_option("--events-max", given.events_max, "Events at most")->required();
  replay.add_option("--rounds", load.rounds, "Rounds");
  AddLoad(AddRow(app, "unary", "Unary calls and echoes", [&] { return RunUnary(site, load); }), load);
  AddLoad(AddRow(app, "stream", "StreamCommands, one command in flight on each stream",
                 [&] { return RunStream(site, load); }),
          load);
  AddLoad(AddRow(app, "batch", "ExecuteBatch", [&] { return RunBatch(site, load); }), load);
  AddLoad(AddRow(app, "latency", "One call in flight", [&] { return RunLatency(site, load); }), load);
  CLI::App& open =
      AddRow(app, "open-loop", "Latencies at a fixed rate", [&] { return RunOpenLoop(site, load, given.share); });
  AddLoad(open, load);
  open.add_option("--share", given.share, "Rate as share of the closed loop's throughput");
  AddLoad(AddRow(app, "until-killed", "ExecuteBatch until the server dies", [&] { return RunUntilKilled(site, load); }),
          load);
  AddRow(app, "handover", "How far apart the cores are", [] { return RunHandover(); });
  AddRow(app, "await", "Wait until escrowd serves", [&] { return AwaitServing(site); });
  CLI11_PARSE(app, argc, argv);
  return code;
}

}  // namespace
}  // namespace escrow::bench

int main(int argc, char** argv) { return escrow::bench::Main(argc, argv); }
