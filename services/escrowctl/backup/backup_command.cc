#include "escrowctl/backup/backup_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include "crypto/hex.h"
#include "escrow/v1/operations_service.pb.h"
#include "escrowctl/backup/log_copy.h"
#include "escrowctl/backup/server_source.h"
#include "escrowctl/backup/verify_log.h"
#include "escrowctl/console.h"
#include "escrowctl/render.h"
#include "journal/rocks/rocks_journal.h"

namespace escrow::ctl {
namespace {

namespace fs = std::filesystem;
using journal::RocksJournal;

// The anchor of a backup: up to here it was found right. It has another name than a server's, so that no server takes a
// backup for its data folder.
constexpr char kVerified[] = "verified";

bool IsBackup(const std::string& folder) { return fs::exists(folder + "/" + kVerified); }
std::string AnchorOf(const std::string& folder) { return folder + "/" + (IsBackup(folder) ? kVerified : "anchor"); }

// A bar for what is counted in events.
class EventBar {
 public:
  explicit EventBar(std::string_view label) : bar_(label) {}
  void operator()(std::uint64_t done, std::uint64_t total) {
    bar_.Update(static_cast<std::int64_t>(done), static_cast<std::int64_t>(total));
  }

 private:
  ProgressBar bar_;
};

// Copies, with a bar.
absl::StatusOr<CopyResult> Copy(LogSource& source, journal::Journal& target) {
  EventBar bar("copying events");
  return CopyLog(source, target, [&bar](std::uint64_t done, std::uint64_t total) { bar(done, total); });
}

void PrintEnd(const journal::Tail& end, const std::string& words, Output output) {
  if (output.json) {
    v1::ServerStatus status;
    status.set_durable_sequence(static_cast<std::int64_t>(end.sequence));
    status.set_root_hash(crypto::HexEncode(end.root));
    RenderJson(status, false, output.out);
  } else {
    output.out << words << fmt::format("  Merkle root  {}\n", crypto::HexEncode(end.root));
  }
}

// Opens the log to copy from, and says up to where.
absl::StatusOr<std::unique_ptr<RocksJournal>> OpenSource(const RestoreOptions& options, journal::Tail& end) {
  const journal::RocksOptions where{.directory = options.from, .anchor_path = AnchorOf(options.from)};
  auto log = options.salvage ? RocksJournal::OpenForSalvage(where) : RocksJournal::OpenForReading(where);
  if (!log.ok()) {
    return log;
  }
  end = (*log)->tail();
  if (options.salvage) {
    return log;
  }
  const absl::StatusOr<journal::Tail> anchor = (*log)->anchor();
  if (!anchor.ok()) {
    return anchor.status();
  }
  if (IsBackup(options.from)) {
    end = *anchor;  // what is beyond it was copied and not yet verified
  }
  return log;
}

absl::Status CheckTarget(const std::string& target, const std::string& draft) {
  std::error_code none;
  if (fs::exists(target) && !fs::is_empty(target, none)) {
    return absl::FailedPreconditionError(fmt::format("{} is not empty: restore to a new folder", target));
  }
  if (fs::exists(draft)) {
    return absl::FailedPreconditionError(
        fmt::format("{} is left of a restore that was interrupted: remove it and try again", draft));
  }
  return absl::OkStatus();
}

// Gives the finished folder its name, durably.
absl::Status MoveIntoPlace(const std::string& draft, const std::string& target) {
  const std::string parent = fs::absolute(target).parent_path().string();
  const auto failed = [&](std::string_view what) {
    return absl::UnavailableError(fmt::format("{}: {}: {}", target, what, std::strerror(errno)));
  };
  if (::rename(draft.c_str(), target.c_str()) != 0) {
    return failed("cannot be put into its place");
  }
  const int folder = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = folder >= 0 && ::fsync(folder) == 0;
  const absl::Status status = synced ? absl::OkStatus() : failed("its folder cannot be synced");
  if (folder >= 0) {
    ::close(folder);
  }
  return status;
}

}  // namespace

absl::Status CreateBackup(Client& client, const std::string& folder, Output output) {
  ServerSource source(client);
  if (const auto end = source.End(); !end.ok()) {
    return end.status();  // before anything is made
  }
  const auto target =
      RocksJournal::Open({.directory = folder, .create = true, .anchor_path = folder + "/" + kVerified});
  if (!target.ok()) {
    return target.status();
  }
  const absl::StatusOr<CopyResult> result = Copy(source, **target);
  if (!result.ok()) {
    return result.status();
  }
  PrintEnd(result->end,
           fmt::format("backed up to {}: events 1 to {}, {} of them new, with the server's Merkle root\n", folder,
                       result->end.sequence, result->end.sequence - result->before),
           output);
  return absl::OkStatus();
}

absl::Status RestoreBackup(const RestoreOptions& options, Output output) {
  const std::string draft = options.to + ".restoring";
  if (absl::Status status = CheckTarget(options.to, draft); !status.ok()) {
    return status;
  }
  journal::Tail end;
  const auto log = OpenSource(options, end);
  if (!log.ok()) {
    return log.status();
  }
  {
    // The anchor is only for the time of the copy.
    const auto target =
        RocksJournal::Open({.directory = draft, .create = true, .anchor_path = draft + "/" + kVerified});
    if (!target.ok()) {
      return target.status();
    }
    JournalSource source(**log, end);
    if (const auto result = Copy(source, **target); !result.ok()) {
      return result.status();
    }
  }
  fs::remove(draft + "/" + kVerified);
  if (absl::Status status = MoveIntoPlace(draft, options.to); !status.ok()) {
    return status;
  }
  PrintEnd(end,
           fmt::format("{} to {}: events 1 to {}, each verified\n"
                       "  It has no anchor: escrowd starts on it with --accept-rollback, once you know that no other "
                       "copy of this log is served\n",
                       options.salvage ? "salvaged" : "restored", options.to, end.sequence),
           output);
  return absl::OkStatus();
}

absl::Status VerifyBackup(const std::string& folder, const std::string& anchor_path, Output output) {
  LogReport report;
  absl::Status status;
  {
    EventBar bar("verifying events");
    status = VerifyLog(
        folder, anchor_path.empty() ? AnchorOf(folder) : anchor_path,
        [&bar](std::uint64_t done, std::uint64_t total) { bar(done, total); }, report);
  }
  if (output.json) {
    v1::VerifyReplayResponse document;
    document.set_through_sequence(static_cast<std::int64_t>(report.end.sequence));
    document.set_done(status.ok());
    document.set_replay_digest(status.ok() ? crypto::HexEncode(report.digest) : "");
    document.set_identical(status.ok());
    document.mutable_checks()->Assign(report.checks.begin(), report.checks.end());
    RenderJson(document, false, output.out);
  } else {
    for (const std::string& check : report.checks) {
      output.out << "checked: " << check << '\n';
    }
    output.out << (status.ok() ? fmt::format("verified {} events in {}\n", report.end.sequence, folder) : "");
  }
  return status;
}

}  // namespace escrow::ctl
