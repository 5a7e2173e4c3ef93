// Recovery from a log that was changed behind the engine's back, below its checksums: the input is a list of edits of a
// small log with two snapshots. What comes up must be a state that the log had, at a position that it has; anything
// else must be refused.

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/assert.h"
#include "base/clock.h"
#include "crypto/sha256.h"
#include "engine/event_bytes.h"
#include "engine/log_tree.h"
#include "engine/recovery.h"
#include "fuzz/edited_journal.h"
#include "fuzz/target.h"
#include "support/commands.h"

namespace escrow::fuzz {
namespace {

constexpr base::Time kBegin{1'772'442'000 * base::kNsPerSecond};
constexpr std::size_t kEditsMax = 8;
constexpr std::size_t kSaveBytes = 1 << 20;

std::string Saved(const core::Machine& machine) {
  std::string bytes;
  machine.Save([&bytes](std::string_view piece) { bytes.append(piece); });
  return bytes;
}

// A log of a shop with two parcels, one group per command, and the state at the end of each.
struct Original {
  EditedJournal journal;
  std::map<std::uint64_t, std::string> states;  // saved, by position
};

class Writer {
 public:
  explicit Writer(Original& original) : original_(original) {
    machine_.Begin("fuzz", now_, events_);
    Close();
  }

  void Run(const v1::Principal& actor, const v1::Command& command) {
    now_.ns += base::kNsPerSecond;
    ESCROW_ASSERT(machine_.Execute({.command = &command, .actor = &actor}, now_, events_).accepted());
    Close();
  }

  // Whole the first time, then of what has changed.
  void Snapshot() {
    std::vector<SnapshotEntry>& snapshots = original_.journal.snapshots;
    const journal::SnapshotInfo base = snapshots.empty() ? journal::SnapshotInfo() : snapshots.back().info;
    std::string bytes;
    machine_.BeginSave(snapshots.empty() ? core::SaveExtent::kWhole : core::SaveExtent::kChanges);
    while (!machine_.ContinueSave(kSaveBytes, [&bytes](std::string_view piece) { bytes.append(piece); })) {
    }
    original_.journal.snapshots.push_back({.info = {.sequence = machine_.last_sequence(),
                                                    .base_sequence = base.sequence,
                                                    .base_digest = base.digest,
                                                    .digest = crypto::Sha256Of(bytes),
                                                    .root = tree_.tree().Root(hasher_),
                                                    .right_edge = tree_.tree().edge()},
                                           .bytes = bytes});
  }

 private:
  void Close() {
    journal::Group group{.first_sequence = original_.journal.events.size() + 1, .bytes = {}, .ends = {}};
    for (std::size_t i = 0; i < events_.size(); ++i) {
      engine::AppendEvent(events_[i], group);
    }
    tree_.Add(group, {});
    for (std::size_t i = 0; i < group.ends.size(); ++i) {
      original_.journal.events.emplace_back(group.event(i));
    }
    original_.journal.groups.push_back({.sequence = machine_.last_sequence(), .root = group.root});
    original_.states[machine_.last_sequence()] = Saved(machine_);
    events_.Clear();
  }

  Original& original_;
  base::Time now_ = kBegin;
  core::Machine machine_;
  core::EventBuffer events_;
  engine::LogTree tree_{tlog::CompactRange()};
  tlog::TreeHasher hasher_;
};

Original MakeOriginal() {
  Original original;
  Writer writer(original);
  const v1::Principal shop = test::PlatformPrincipal("shop");
  const std::string parties = "platforms/shop/parties/";
  const std::string agreements = "platforms/shop/agreements/";
  writer.Run(test::Operator(), test::CreatePlatform(1, "shop"));
  writer.Run(shop, test::CreateParty(2, "shop", "buyer"));
  writer.Run(shop, test::CreateParty(3, "shop", "seller"));
  writer.Run(shop, test::CreateParcel(4, "shop", "a"));
  writer.Snapshot();
  writer.Run(shop, test::RecordDeposit(5, agreements + "a", 10'000));
  writer.Run(shop, test::CreateParcel(6, "shop", "b"));
  writer.Run(shop, test::Confirm(7, agreements + "a", v1::CONFIRMATION_KIND_SHIPMENT, parties + "seller"));
  writer.Snapshot();
  writer.Run(shop, test::Confirm(8, agreements + "a", v1::CONFIRMATION_KIND_RECEIPT, parties + "buyer"));
  writer.Run(shop, test::RecordDeposit(9, agreements + "b", 4'000));
  return original;
}

// One edit: four bytes.
struct Edit {
  std::uint8_t what;
  std::uint8_t where;
  std::uint8_t offset;
  std::uint8_t value;
};

void Change(std::string& bytes, const Edit& edit) {
  if (bytes.empty()) {
    bytes.push_back(static_cast<char>(edit.value));
    return;
  }
  // Larger offsets reach the whole of what is larger than 256 bytes.
  const std::size_t at = edit.offset * (bytes.size() / 256 + 1) % bytes.size();
  bytes[at] = static_cast<char>(edit.value);
}

void ChangeHash(journal::Hash& hash, const Edit& edit) { hash[edit.offset % hash.size()] = edit.value; }

template <class Items>
std::size_t Pick(const Items& items, const Edit& edit) {
  return edit.where % items.size();
}

void Apply(const Edit& edit, EditedJournal& journal) {
  if (journal.events.empty() || journal.groups.empty() || journal.snapshots.empty()) {
    return;
  }
  std::string& event = journal.events[Pick(journal.events, edit)];
  journal::Tail& group = journal.groups[Pick(journal.groups, edit)];
  SnapshotEntry& snapshot = journal.snapshots[Pick(journal.snapshots, edit)];
  switch (edit.what % 14) {
    case 0:
      return Change(event, edit);
    case 1:
      return event.resize(edit.offset % (event.size() + 1));
    case 2:
      return std::swap(event, journal.events[edit.value % journal.events.size()]);
    case 3:
      journal.events.erase(journal.events.begin() + static_cast<std::ptrdiff_t>(Pick(journal.events, edit)));
      return;
    case 4:
      journal.events.push_back(event);
      return;
    case 5:
      return ChangeHash(group.root, edit);
    case 6:
      // The log ends earlier, at the end of a group.
      journal.groups.resize(Pick(journal.groups, edit) + 1);
      return journal.events.resize(std::min<std::size_t>(journal.events.size(), journal.groups.back().sequence));
    case 7:
      return Change(snapshot.bytes, edit);
    case 8:
      snapshot.info.sequence = edit.value;
      return;
    case 9:
      return ChangeHash(snapshot.info.digest, edit);
    case 10:
      return ChangeHash(snapshot.info.root, edit);
    case 11:
      snapshot.info.base_sequence = edit.value;
      return;
    case 12:
      return ChangeHash(snapshot.info.base_digest, edit);
    default:
      snapshot.info.right_edge.resize(edit.value % 8);
      return;
  }
}

}  // namespace
}  // namespace escrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace escrow;
  static const fuzz::Original original = fuzz::MakeOriginal();
  fuzz::EditedJournal journal = original.journal;
  for (std::size_t i = 0; i + 4 <= size && i < 4 * fuzz::kEditsMax; i += 4) {
    fuzz::Apply({.what = data[i], .where = data[i + 1], .offset = data[i + 2], .value = data[i + 3]}, journal);
  }
  const base::SystemClock clock;
  const auto recovered = engine::Recover(journal, clock, {}, [](std::uint64_t, std::uint64_t) {});
  if (recovered.ok()) {
    const core::Machine& machine = *recovered->machine;
    ESCROW_ASSERT(machine.last_sequence() == journal.tail().sequence);
    ESCROW_ASSERT(fuzz::Saved(machine) == original.states.at(machine.last_sequence()));
  } else {
    ESCROW_ASSERT(recovered.status().code() == absl::StatusCode::kDataLoss);
  }
  return 0;
}
