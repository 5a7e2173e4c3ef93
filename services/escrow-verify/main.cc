// escrow-verify: checks a log, a receipt or a checkpoint without trusting whoever made it.

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>

#include "CLI/CLI.hpp"
#include "audit/entry_source.h"
#include "audit/file_bytes.h"
#include "audit/receipt_page.h"
#include "evidence_command.h"
#include "export_command.h"
#include "look_back_command.h"
#include "print.h"
#include "tlog/tlog_proof.h"
#include "trust_input.h"

namespace escrow::verify {
namespace {

constexpr auto kProgressPause = std::chrono::milliseconds(500);

struct Arguments {
  std::string input;
  std::string level;
  TrustInput trust;
  std::string since;
  std::string against;
  std::string entry;
  std::string page;
  bool json = false;
  bool progress = false;
};

int Unusable(const absl::Status& status) {
  std::fprintf(stderr, "escrow-verify: %s\n", std::string(status.message()).c_str());
  return static_cast<int>(Exit::kUnusable);
}

int Say(const std::string& text, Exit exit) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return static_cast<int>(exit);
}

// Says on stderr how far it has come, now and then.
std::function<void(std::uint64_t, std::uint64_t)> ProgressTeller() {
  return [last = std::chrono::steady_clock::now()](std::uint64_t done, std::uint64_t all) mutable {
    const auto now = std::chrono::steady_clock::now();
    if (now - last < kProgressPause && done < all) {
      return;
    }
    last = now;
    std::fprintf(stderr, "\r%llu of %llu events", static_cast<unsigned long long>(done),
                 static_cast<unsigned long long>(all));
    if (done == all) {
      std::fputc('\n', stderr);
    }
  };
}

int RunLog(const Arguments& arguments) {
  audit::VerifyOptions options;
  if (!arguments.level.empty()) {
    options.level = audit::LevelOf(arguments.level);  // one of the names: the parser has checked it
  }
  absl::StatusOr<audit::Trust> trust = arguments.trust.Read();
  if (!trust.ok()) {
    return Unusable(trust.status());
  }
  options.trust = *std::move(trust);
  if (!arguments.since.empty()) {
    absl::StatusOr<std::string> since = audit::ReadWholeFile(arguments.since, audit::kCheckpointBytesMax);
    if (!since.ok()) {
      return Unusable(since.status());
    }
    options.since = *std::move(since);
  }
  if (!arguments.against.empty()) {
    options.against = arguments.against;
  }
  if (arguments.progress || isatty(STDERR_FILENO) != 0) {
    options.progress = ProgressTeller();
  }
  const absl::StatusOr<audit::Report> report = audit::Verify(arguments.input, options);
  if (!report.ok()) {
    return Unusable(report.status());
  }
  return Say(arguments.json ? JsonOf(*report) : TextOf(*report), ExitOf(*report));
}

int RunCheckpoint(const Arguments& arguments) {
  const absl::StatusOr<audit::Trust> trust = arguments.trust.Read();
  if (!trust.ok()) {
    return Unusable(trust.status());
  }
  const absl::StatusOr<std::string> bytes = audit::ReadWholeFile(arguments.input, audit::kCheckpointBytesMax);
  if (!bytes.ok()) {
    return Unusable(bytes.status());
  }
  const absl::StatusOr<audit::CheckpointReport> report = audit::CheckCheckpoint(*bytes, *trust);
  if (!report.ok()) {
    return Unusable(report.status());
  }
  const Exit exit = report->wrong ? Exit::kWrong : report->checked ? Exit::kRight : Exit::kIncomplete;
  return Say(arguments.json ? JsonOf(*report) : TextOf(*report), exit);
}

// A file with these bytes. Errors: FailedPrecondition.
absl::Status WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  return file ? absl::OkStatus() : absl::FailedPreconditionError(path + " cannot be written");
}

int RunReceipt(const Arguments& arguments) {
  const absl::StatusOr<audit::Trust> trust = arguments.trust.Read();
  if (!trust.ok()) {
    return Unusable(trust.status());
  }
  if (!arguments.page.empty() && !trust->given()) {
    return Unusable(
        absl::InvalidArgumentError("--page needs --vkey or --policy: a page is made when signatures are right"));
  }
  const absl::StatusOr<std::string> proof = audit::ReadWholeFile(arguments.input, tlog::kTlogProofBytesMax);
  if (!proof.ok()) {
    return Unusable(proof.status());
  }
  std::optional<std::string> entry;
  if (!arguments.entry.empty()) {
    absl::StatusOr<std::string> bytes = audit::ReadWholeFile(arguments.entry, tlog::kEntryBytesMax);
    if (!bytes.ok()) {
      return Unusable(bytes.status());
    }
    entry = *std::move(bytes);
  }
  const absl::StatusOr<audit::ReceiptReport> report = audit::CheckReceipt(*proof, entry, *trust);
  if (!report.ok()) {
    return Unusable(report.status());
  }
  if (!arguments.page.empty() && report->right()) {
    if (absl::Status status = WriteFile(arguments.page, audit::RenderReceiptPage(*report, *proof)); !status.ok()) {
      return Unusable(status);
    }
  }
  const Exit exit = !report->right() ? Exit::kWrong : report->checkpoint.checked ? Exit::kRight : Exit::kIncomplete;
  return Say(arguments.json ? JsonOf(*report) : TextOf(*report), exit);
}

void AddTrust(CLI::App& command, Arguments& arguments) {
  arguments.trust.Add(command);
  command.add_flag("--json", arguments.json, "Print one JSON object");
}

int Main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Checks a log, a receipt or a checkpoint of Escrowd without trusting whoever made it.", "escrow-verify");
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 right; 1 wrong; 2 bad arguments or unreadable input; 3 right as far as it could be checked.");

  CLI::App& log = *app.add_subcommand("log", "Check a log");
  log.add_option("source", arguments.input, "A folder of tiles, a data directory, or a http or https URL of tiles")
      ->required();
  log.add_option("--level", arguments.level, "How far: structure, chain, merkle, signatures, domain (default: all)")
      ->check(CLI::IsMember({"structure", "chain", "merkle", "signatures", "domain"}));
  log.add_option("--since", arguments.since, "An older checkpoint with which the log must begin");
  log.add_option("--against", arguments.against, "An older copy of the log, folder or URL, with which it must begin");
  log.add_flag("--progress", arguments.progress, "Say on stderr how far it has come, also when that is no terminal");
  AddTrust(log, arguments);

  CLI::App& receipt =
      *app.add_subcommand("receipt", "Check a receipt: a C2SP tlog-proof with its event and what led to it");
  receipt.add_option("file", arguments.input, "The receipt")->required();
  auto* entry =
      receipt.add_option("--entry", arguments.entry, "The event's bytes, for a tlog-proof that is no receipt");
  receipt.add_option("--page", arguments.page, "Write a right receipt to this file as a page for people, in HTML")
      ->excludes(entry);
  AddTrust(receipt, arguments);

  CLI::App& checkpoint = *app.add_subcommand("checkpoint", "Check a signed checkpoint");
  checkpoint.add_option("file", arguments.input, "The checkpoint")->required();
  AddTrust(checkpoint, arguments);

  const ExportCommands exports(app);
  const LookBackCommands look_backs(app);
  const EvidenceCommands evidence(app);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(Exit::kUnusable);
  }
  if (log.parsed()) {
    return RunLog(arguments);
  }
  if (exports.parsed()) {
    return exports.Run();
  }
  if (look_backs.parsed()) {
    return look_backs.Run();
  }
  if (evidence.parsed()) {
    return evidence.Run();
  }
  return receipt.parsed() ? RunReceipt(arguments) : RunCheckpoint(arguments);
}

}  // namespace
}  // namespace escrow::verify

int main(int argc, char** argv) { return escrow::verify::Main(argc, argv); }
