// escrowd: the escrow settlement engine as a service. Wiring only: configuration, log, journal, engine, server,
// signals.

#include <signal.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/synchronization/mutex.h"
#include "api/server.h"
#include "base/clock.h"
#include "base/core_distance.h"
#include "base/cores.h"
#include "batch_scheduling.h"
#include "config.h"
#include "engine/engine.h"
#include "google/protobuf/stubs/logging.h"
#include "journal/rocks/rocks_journal.h"
#include "log.h"
#include "notify.h"
#include "operator_key.h"
#include "public_server.h"
#include "publish/next_key.h"
#include "publishing.h"
#include "shared_core.h"
#include "vault_files.h"

namespace escrow::daemon {
namespace {

using spdlog::level::err;
using spdlog::level::info;
using spdlog::level::warn;

// What escrowd ends with. 2 and 78 are not worth a restart: deploy/systemd/escrowd.service knows them.
enum ExitCode : int {
  kServed = 0,           // stopped as asked
  kUsage = 2,            // command line or configuration
  kCannotListen = 69,    // the address cannot be had
  kInputOutput = 74,     // disk, or the log is in use by another process
  kLogContradicts = 78,  // the log is damaged or older than what was acknowledged: refuses to serve
};

struct CommandLine {
  std::string config;
  Overrides overrides;
  bool check_config = false;
  bool make_next_key = false;
  bool accept_rollback = false;
};

// Signals are taken by the main thread alone, by sigwait; so every thread must start with them blocked.
sigset_t BlockSignals() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  signal(SIGHUP, SIG_IGN);   // nothing is reloaded: certificates and keys of the file need a restart
  signal(SIGPIPE, SIG_IGN);  // a client or a log pipe that went is an error of its write
  return stop;
}

int ExitCodeOf(const absl::Status& status) {
  // UNIMPLEMENTED is the format of another version.
  return absl::IsDataLoss(status) || absl::IsUnimplemented(status) || absl::IsFailedPrecondition(status)
             ? kLogContradicts
             : kInputOutput;
}

int Fail(std::string_view what, const absl::Status& status, int code) {
  const std::string reason(status.message());
  Log(err, what, {{"reason", reason}, {"exit_code", std::int64_t{code}}});
  return code;
}

absl::StatusOr<std::unique_ptr<journal::RocksJournal>> OpenJournal(const Config& config, bool accept_rollback) {
  std::error_code error;
  if (std::filesystem::create_directories(config.data_dir, error)) {
    std::filesystem::permissions(config.data_dir, std::filesystem::perms::owner_all, error);
  }
  if (error) {
    return absl::UnavailableError("cannot create the folder " + config.data_dir + ": " + error.message());
  }
  return journal::RocksJournal::Open({.directory = config.data_dir,
                                      .create = true,
                                      .accept_rollback = accept_rollback,
                                      .anchor_path = config.anchor_file,
                                      .anchor_each_group = config.anchor == "group"});
}

absl::StatusOr<std::unique_ptr<engine::Engine>> OpenEngine(const Config& config, journal::Journal& journal,
                                                           const base::Clock& clock,
                                                           std::optional<std::size_t> shared_core,
                                                           const base::CoreDistance* distance) {
  engine::EngineOptions options = config.engine;
  options.shared_core = shared_core;
  options.core_distance = distance;
  return engine::Engine::Open(options, journal, clock, [](std::uint64_t replayed, std::uint64_t total) {
    NotifySystemd("EXTEND_TIMEOUT_USEC=60000000\nSTATUS=replayed " + std::to_string(replayed) + " of " +
                  std::to_string(total) + " events");
  });
}

// A wrong or missing key file is a matter of configuration.
int VaultExitCodeOf(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) || absl::IsNotFound(status) ? kUsage : ExitCodeOf(status);
}

void LogVault(const vault::OpenReport& report) {
  const auto count = [](std::size_t n) { return static_cast<std::int64_t>(n); };
  Log(report.missing == 0 ? info : err, "vault opened",
      {{"parties", count(report.subjects)},
       {"records", count(report.records)},
       {"parties_destroyed", count(report.destroyed)},
       {"files_removed", count(report.removed)},
       {"records_missing", count(report.missing)},
       {"slots_unreadable", count(report.unreadable)}});
}

// Serves until a signal asks to stop.
int Serve(const Config& config, std::optional<std::size_t> shared_core, const sigset_t& stop, engine::Engine& engine,
          publish::Publisher* publisher, vault::Vault* vault) {
  api::ServerOptions options = config.server;
  options.shared_core = shared_core;
  options.vault = vault;
  options.version = ESCROW_VERSION;
  options.warn = [](std::string_view message) { Log(err, "log or vault unusable", {{"reason", message}}); };
  options.warn_turned_away = [](std::string_view message) { Log(warn, "overloaded", {{"reason", message}}); };
  absl::StatusOr<std::unique_ptr<api::Server>> server = api::Server::Start(options, engine, publisher);
  if (!server.ok()) {
    return Fail("cannot serve", server.status(), kCannotListen);
  }
  Log(info, "serving",
      {{"listen", options.listen},
       {"port", std::int64_t{(*server)->port()}},
       {"tls", options.tls ? std::string_view("yes") : std::string_view("no")}});
  NotifySystemd("READY=1\nSTATUS=serving on " + options.listen);
  int signal_number = 0;
  sigwait(&stop, &signal_number);
  Log(info, "draining", {{"signal", std::int64_t{signal_number}}});
  NotifySystemd("STOPPING=1\nSTATUS=draining");
  (*server)->Drain(config.drain_time);
  return kServed;
}

int Run(const Config& config, bool accept_rollback) {
  const sigset_t stop = BlockSignals();
  // protobuf writes a line for each text that is not UTF-8, and who sends it is anybody. The client is told.
  google::protobuf::SetLogHandler(nullptr);
  Log(info, "starting", {{"version", ESCROW_VERSION}, {"data_dir", config.data_dir}});
  absl::StatusOr<std::unique_ptr<journal::RocksJournal>> journal = OpenJournal(config, accept_rollback);
  if (!journal.ok()) {
    return Fail("cannot open the log", journal.status(), ExitCodeOf(journal.status()));
  }
  const base::SystemClock clock;
  const std::vector<std::size_t> cores = base::CoresOfThread();
  const std::optional<std::size_t> shared_core = SharedCore(config.shared_core, cores);
  const std::unique_ptr<base::CoreDistance> distance = DistanceOf(shared_core, cores);
  absl::StatusOr<std::unique_ptr<engine::Engine>> engine =
      OpenEngine(config, **journal, clock, shared_core, distance.get());
  if (!engine.ok()) {
    return Fail("cannot recover", engine.status(), ExitCodeOf(engine.status()));
  }
  const engine::Watermarks marks = (*engine)->watermarks();
  Log(info, "recovered",
      {{"durable_sequence", static_cast<std::int64_t>(marks.durable_sequence)},
       {"snapshot_sequence", static_cast<std::int64_t>(marks.snapshot_sequence)}});
  const absl::StatusOr<OperatorKey> key = EnsureOperatorKey(**engine, config.data_dir);
  if (!key.ok()) {
    return Fail("no operator key", key.status(), kInputOutput);
  }
  if (*key == OperatorKey::kCreated) {
    Log(info, "operator key logged", {{"file", config.data_dir + "/operator.key"}});
  }
  absl::StatusOr<VaultFiles> vault = OpenVaultFiles(**engine, config.vault_dir, config.vault_key_file);
  if (!vault.ok()) {
    return Fail("cannot open the vault", vault.status(), VaultExitCodeOf(vault.status()));
  }
  if (vault->vault != nullptr) {
    LogVault(vault->report);
  }
  absl::StatusOr<std::unique_ptr<publish::Publisher>> publisher = StartPublisher(config, **engine, accept_rollback);
  if (!publisher.ok()) {
    return Fail("cannot publish", publisher.status(), ExitCodeOf(publisher.status()));
  }
  absl::StatusOr<std::unique_ptr<PublicServer>> strangers = PublicServer::Start(config, publisher->get(), clock);
  if (!strangers.ok()) {
    return Fail("cannot serve strangers", strangers.status(), kCannotListen);
  }
  const int code = Serve(config, shared_core, stop, **engine, publisher->get(), vault->vault.get());
  strangers->reset();
  publisher->reset();
  engine->reset();  // takes a snapshot
  Log(info, "stopped", {{"exit_code", std::int64_t{code}}});
  return code;
}

int MakeNextKey(const Config& config) {
  const absl::StatusOr<tlog::VerifierKey> made = publish::MakeNextKey(SigningFilesOf(config));
  if (!made.ok()) {
    std::fprintf(stderr, "escrowd: %s\n", std::string(made.status().message()).c_str());
    return ExitCodeOf(made.status());
  }
  std::printf("%s\n", made->Format().c_str());
  return kServed;
}

int Main(int argc, char** argv) {
  // gRPC and RocksDB take many locks in orders that are theirs to know: no global lock for looking at them.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  AskForBatchScheduling();
  CLI::App app("escrowd: third-party escrow payment settlement engine");
  CommandLine line;
  app.add_option("--config", line.config, "Configuration file (TOML); without it every key has its default");
  app.add_option("--data-dir", line.overrides.data_dir, "Folder of the log, instead of data_dir");
  app.add_option("--listen", line.overrides.listen, "HOST:PORT to listen on, instead of listen");
  app.add_flag("--check-config", line.check_config, "Check the configuration and exit");
  app.add_flag("--make-next-key", line.make_next_key,
               "Make a key that may take over signing (deploy/runbooks/signing-key.md), print which, and exit");
  app.add_flag("--accept-rollback", line.accept_rollback,
               "Serve a log that is older than what was acknowledged: gives up acknowledged history");
  app.set_version_flag("--version", "escrowd " ESCROW_VERSION);
  app.footer(
      "Exit codes: 0 stopped as asked; 2 command line or configuration; 69 the address cannot be had;\n"
      "74 input or output; 78 the log contradicts itself or what was acknowledged: refuses to serve.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kServed : kUsage;
  }
  const absl::StatusOr<Config> config = LoadConfig(line.config, line.overrides);
  if (!config.ok()) {
    std::fprintf(stderr, "escrowd: %s\n", std::string(config.status().message()).c_str());
    return kUsage;
  }
  if (line.check_config) {
    std::puts("the configuration is good");
    return kServed;
  }
  if (line.make_next_key) {
    return MakeNextKey(*config);
  }
  StartLog(config->log_level, config->log_format);
  return Run(*config, line.accept_rollback);
}

}  // namespace
}  // namespace escrow::daemon

int main(int argc, char** argv) { return escrow::daemon::Main(argc, argv); }
