#include "escrowctl/backup/verify_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/machine.h"
#include "crypto/hex.h"
#include "engine/replay.h"
#include "engine/replayer.h"
#include "engine/snapshot_series.h"
#include "journal/damage.h"
#include "journal/rocks/rocks_journal.h"

namespace escrow::ctl {
namespace {

// The steps of one verification, in order; each says what it has found in order.
class Verification {
 public:
  Verification(const journal::RocksJournal& log, LogReport& report)
      : log_(log), report_(report), loader_(log, core::MachineOptions()), replayer_(machine_, tlog::CompactRange()) {
    report_.end = log_.tail();
    Say("The groups of the log join, from event 1 to {}.", report_.end.sequence);
  }

  absl::Status CheckAnchor(const std::string& path) {
    if (!std::filesystem::exists(path)) {
      Say("There is no anchor, as in a restored copy that was not started: whether more than event {} was acknowledged "
          "cannot be told.",
          report_.end.sequence);
      return absl::OkStatus();
    }
    const absl::StatusOr<journal::Tail> anchor = log_.anchor();
    if (!anchor.ok()) {
      return anchor.status();
    }
    Say("The anchor remembers event {}, and the log has it with the same Merkle root.", anchor->sequence);
    return absl::OkStatus();
  }

  // Replays the log; on the way, compares each snapshot with the state at its position.
  absl::Status Replay(const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    std::vector<journal::SnapshotInfo> snapshots = loader_.snapshots();
    std::ranges::sort(snapshots, {}, &journal::SnapshotInfo::sequence);
    for (const journal::SnapshotInfo& snapshot : snapshots) {
      absl::Status status = ReplayTo(snapshot.sequence, progress);
      if (status.ok()) {
        status = CheckSnapshot(snapshot);
      }
      if (!status.ok()) {
        return status;
      }
    }
    if (absl::Status status = ReplayTo(report_.end.sequence, progress); !status.ok()) {
      return status;
    }
    report_.digest = engine::StateDigest(machine_);
    Say("Events 1 to {} are there, each with its checksum and at its position, and give the Merkle root of every "
        "group; "
        "the last is {}.",
        report_.end.sequence, crypto::HexEncode(report_.end.root));
    Say("All of them were applied to an empty machine; the state's SHA-256 is {}.", crypto::HexEncode(report_.digest));
    for (const journal::SnapshotInfo& snapshot : snapshots) {
      Say("The snapshot at event {} is the state that the events before it give.", snapshot.sequence);
    }
    return absl::OkStatus();
  }

  absl::Status CheckLedger() {
    if (const std::string wrong = core::CheckLedger(machine_.state()); !wrong.empty()) {
      return journal::Damaged(report_.end.sequence, fmt::format("the ledger does not add up: {}", wrong));
    }
    Say("The ledger adds up: per account, per agreement, and in total.");
    return absl::OkStatus();
  }

  absl::Status CheckFiles() {
    if (const absl::Status status = log_.VerifyFiles(); !status.ok()) {
      return journal::Damaged(report_.end.sequence + 1,
                              fmt::format("every event is in order, but {}", std::string(status.message())));
    }
    Say("Every block of every file has its checksum.");
    return absl::OkStatus();
  }

 private:
  template <class... Values>
  void Say(fmt::format_string<Values...> text, Values&&... values) {
    report_.checks.push_back(fmt::format(text, std::forward<Values>(values)...));
  }

  absl::Status ReplayTo(std::uint64_t through, const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    const std::uint64_t before = machine_.last_sequence();
    return replayer_.Run(log_, through, [&](std::uint64_t replayed, std::uint64_t) {
      progress(before + replayed, report_.end.sequence);
    });
  }

  absl::Status CheckSnapshot(const journal::SnapshotInfo& snapshot) {
    const absl::StatusOr<engine::LoadedSnapshot> loaded = loader_.Load(snapshot);
    const std::string wrong = !loaded.ok() ? fmt::format("is damaged: {}", std::string(loaded.status().message()))
                              : replayer_.Root() != snapshot.root ? "does not have the root of the log"
                              : engine::StateDigest(machine_) != engine::StateDigest(*loaded->machine)
                                  ? "is not the state that the events give"
                                  : "";
    if (wrong.empty()) {
      return absl::OkStatus();
    }
    return journal::Damaged(snapshot.sequence, fmt::format("the snapshot at event {} {} (events up to it are in order)",
                                                           snapshot.sequence, wrong));
  }

  const journal::RocksJournal& log_;
  LogReport& report_;
  engine::SnapshotLoader loader_;
  core::Machine machine_;
  engine::Replayer replayer_;
};

}  // namespace

absl::Status VerifyLog(const std::string& directory, const std::string& anchor_path,
                       const std::function<void(std::uint64_t, std::uint64_t)>& progress, LogReport& report) {
  const auto log = journal::RocksJournal::OpenForReading({.directory = directory, .anchor_path = anchor_path});
  if (!log.ok()) {
    return log.status();
  }
  Verification verification(**log, report);
  absl::Status status = verification.CheckAnchor(anchor_path.empty() ? directory + "/anchor" : anchor_path);
  if (status.ok()) {
    status = verification.Replay(progress);
  }
  if (status.ok()) {
    status = verification.CheckLedger();
  }
  return status.ok() ? verification.CheckFiles() : status;
}

}  // namespace escrow::ctl
