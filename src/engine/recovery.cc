#include "engine/recovery.h"

#include <future>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "crypto/hex.h"
#include "crypto/random.h"
#include "crypto/sha256.h"
#include "engine/encoder.h"
#include "engine/fail_stop.h"
#include "engine/replayer.h"
#include "journal/damage.h"

namespace escrow::engine {
namespace {

constexpr std::size_t kLogIdBytes = 16;

// With fewer bytes a thread costs more than it spares.
constexpr std::size_t kHashedBesideMin = 1 << 20;

// A random name, so that nobody takes one log for another.
std::string NewLogId() {
  const std::string bytes = crypto::RandomBytes(kLogIdBytes);
  return crypto::HexEncode({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

absl::StatusOr<Recovered> BeginLog(journal::Journal& journal, const base::Clock& clock,
                                   const core::MachineOptions& options) {
  Recovered recovered;
  recovered.machine = std::make_unique<core::Machine>(options);
  core::EventBuffer events;
  recovered.machine->Begin(NewLogId(), clock.Now(), events);
  Encoder encoder{tlog::CompactRange()};
  journal::Group group;
  for (std::size_t i = 0; i < events.size(); ++i) {
    encoder.Add(events[i], group);
  }
  group.root = encoder.Root();
  if (absl::Status status = journal.Append(group); !status.ok()) {
    return status;
  }
  recovered.tree = encoder.tree();
  return recovered;
}

// The state of a snapshot. Every claim of its info is checked.
absl::StatusOr<Recovered> LoadSnapshot(const journal::Journal& journal, const journal::SnapshotInfo& info,
                                       const core::MachineOptions& options) {
  const absl::StatusOr<std::string> bytes = journal.ReadSnapshot(info.sequence);
  if (!bytes.ok()) {
    return bytes.status();
  }
  // Worked out beside the loading, which wrong bytes do no harm.
  std::future<journal::Hash> digest =
      std::async(bytes->size() < kHashedBesideMin ? std::launch::deferred : std::launch::async,
                 [&bytes] { return crypto::Sha256Of(*bytes); });
  std::optional<tlog::CompactRange> tree = tlog::CompactRange::FromEdge(info.sequence, info.right_edge);
  tlog::TreeHasher hasher;
  if (!tree || tree->Root(hasher) != info.root) {
    return absl::DataLossError("its tree does not have its root");
  }
  Recovered recovered;
  recovered.machine = std::make_unique<core::Machine>(options);
  const bool loaded = recovered.machine->Load(*bytes);
  if (digest.get() != info.digest) {
    return absl::DataLossError("its bytes do not have its digest");
  }
  if (!loaded || recovered.machine->last_sequence() != info.sequence) {
    return absl::DataLossError("its bytes are not a state at its position");
  }
  recovered.tree = *std::move(tree);
  recovered.snapshot_sequence = info.sequence;
  recovered.snapshot_bytes = bytes->size();
  return recovered;
}

Recovered NewestGoodSnapshot(const journal::Journal& journal, const core::MachineOptions& options) {
  for (const journal::SnapshotInfo& info : journal.Snapshots()) {
    absl::StatusOr<Recovered> loaded = LoadSnapshot(journal, info, options);
    if (loaded.ok()) {
      return *std::move(loaded);
    }
    Warn(absl::StrCat("the snapshot at event ", info.sequence, " is not used: ", loaded.status().ToString()));
  }
  Recovered zero;
  zero.machine = std::make_unique<core::Machine>(options);
  return zero;
}

}  // namespace

absl::StatusOr<Recovered> Recover(journal::Journal& journal, const base::Clock& clock,
                                  const core::MachineOptions& options,
                                  const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  const journal::Tail tail = journal.tail();
  if (tail.sequence == 0) {
    return BeginLog(journal, clock, options);
  }
  Recovered recovered = NewestGoodSnapshot(journal, options);
  if (recovered.snapshot_sequence > tail.sequence) {
    return journal::Damaged(tail.sequence + 1,
                            absl::StrCat("the log ends at event ", tail.sequence, " but has a snapshot at event ",
                                         recovered.snapshot_sequence));
  }
  Replayer replayer(*recovered.machine, std::move(recovered.tree));
  if (absl::Status status = replayer.Run(journal, tail.sequence, progress); !status.ok()) {
    return status;
  }
  if (replayer.Root() != tail.root) {
    return journal::Damaged(tail.sequence,
                            absl::StrCat("the log up to event ", tail.sequence,
                                         " is not the one that was acknowledged: it gives another Merkle root"));
  }
  recovered.tree = replayer.TakeTree();
  return recovered;
}

}  // namespace escrow::engine
