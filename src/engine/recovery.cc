#include "engine/recovery.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "crypto/hex.h"
#include "crypto/random.h"
#include "engine/event_bytes.h"
#include "engine/fail_stop.h"
#include "engine/log_tree.h"
#include "engine/replayer.h"
#include "journal/damage.h"

namespace escrow::engine {
namespace {

constexpr std::size_t kLogIdBytes = 16;

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
  journal::Group group;
  for (std::size_t i = 0; i < events.size(); ++i) {
    AppendEvent(events[i], group);
  }
  LogTree tree{tlog::CompactRange()};
  tree.Add(group, {});
  if (absl::Status status = journal.Append(group); !status.ok()) {
    return status;
  }
  recovered.tree = tree.tree();
  return recovered;
}

Recovered NewestGoodSnapshot(const journal::Journal& journal, const core::MachineOptions& options) {
  SnapshotLoader loader(journal, options);
  for (const journal::SnapshotInfo& info : loader.snapshots()) {
    absl::StatusOr<LoadedSnapshot> loaded = loader.Load(info);
    if (loaded.ok()) {
      return {.machine = std::move(loaded->machine), .tree = std::move(loaded->tree), .snapshots = loaded->series};
    }
    Warn(absl::StrCat("the snapshot at event ", info.sequence, " is not used: ", loaded.status().ToString()));
  }
  return {.machine = std::make_unique<core::Machine>(options), .tree = {}, .snapshots = {}};
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
  if (recovered.snapshots.sequence > tail.sequence) {
    return journal::Damaged(tail.sequence + 1,
                            absl::StrCat("the log ends at event ", tail.sequence, " but has a snapshot at event ",
                                         recovered.snapshots.sequence));
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
