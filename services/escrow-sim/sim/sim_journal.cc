#include "sim/sim_journal.h"

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "tlog/merkle.h"

namespace escrow::sim {

SimJournal::SimJournal(Random& random, Marks& marks) : random_(random), marks_(marks) {
  tail_.root = tlog::TreeHasher().EmptyRoot();
  anchor_ = tail_;
}

void SimJournal::Keep(const journal::Group& group) {
  for (std::size_t i = 0; i < group.ends.size(); ++i) {
    events_.emplace_back(group.event(i));
  }
  tail_ = {.sequence = group.last_sequence(), .root = group.root};
  roots_.emplace(tail_.sequence, tail_.root);
}

void SimJournal::Crash() {
  failed_ = false;
  if (unknown_) {
    const std::int64_t fate = random_.Between(0, 2);
    marks_.Hit(fate == 0 ? "fault group lost" : fate == 1 ? "fault group kept" : "fault group torn");
    if (fate == 1) {
      Keep(*unknown_);
    }
    unknown_.reset();
  }
  std::erase_if(snapshots_, [&](const auto& entry) {
    if (!entry.second.synced) {
      marks_.Hit("fault snapshot lost");
    }
    return !entry.second.synced;
  });
  if (tail_.sequence > 0 && Fails(faults_.read_one_in)) {
    marks_.Hit("fault reading failed");
    damaged_sequence_ = static_cast<std::uint64_t>(random_.Between(1, static_cast<std::int64_t>(tail_.sequence)));
  }
}

absl::Status SimJournal::Append(const journal::Group& group) {
  ESCROW_ASSERT(!failed_);  // "the journal accepts nothing more"
  ESCROW_ASSERT(!group.ends.empty() && group.first_sequence == tail_.sequence + 1);
  if (free_bytes_ < group.bytes.size()) {
    marks_.Hit("fault disk full");
    failed_ = true;
    unknown_ = group;
    return absl::ResourceExhaustedError("no space left on the simulated disk");
  }
  if (Fails(faults_.append_one_in)) {
    failed_ = true;
    unknown_ = group;
    return absl::UnavailableError("the simulated disk does not answer");
  }
  Keep(group);
  return absl::OkStatus();
}

absl::Status SimJournal::Read(std::uint64_t first, const Visitor& visit) const {
  return Replay(first, visit, [](const journal::Tail&) { return true; });
}

absl::Status SimJournal::Replay(std::uint64_t first, const Visitor& event, const GroupVisitor& group_end) const {
  ESCROW_ASSERT(first >= 1);
  for (std::uint64_t sequence = first; sequence <= tail_.sequence; ++sequence) {
    if (sequence == damaged_sequence_) {
      return absl::DataLossError(absl::StrCat("event ", sequence, " does not have its checksum"));
    }
    if (!event(sequence, events_[sequence - 1])) {
      break;
    }
    const auto root = roots_.find(sequence);
    if (root != roots_.end() && !group_end({.sequence = sequence, .root = root->second})) {
      break;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> SimJournal::ReadOne(std::uint64_t sequence) const {
  if (sequence == 0 || sequence > tail_.sequence) {
    return absl::NotFoundError(absl::StrCat("the log has no event ", sequence));
  }
  if (sequence == damaged_sequence_) {
    return absl::DataLossError(absl::StrCat("event ", sequence, " does not have its checksum"));
  }
  return events_[sequence - 1];
}

absl::Status SimJournal::WriteSnapshot(journal::SnapshotSource& source) {
  absl::StatusOr<std::string> bytes = journal::ReadToEnd(source);
  if (!bytes.ok()) {
    return bytes.status();
  }
  ESCROW_ASSERT(source.info().sequence <= tail_.sequence);
  const std::int64_t size = static_cast<std::int64_t>(bytes->size());
  Snapshot snapshot{.info = source.info(), .bytes = *std::move(bytes)};
  if (Fails(faults_.snapshot_one_in)) {
    switch (random_.Between(0, 2)) {
      case 0:
        marks_.Hit("fault snapshot failed");
        return absl::UnavailableError("the simulated disk does not take the snapshot");
      case 1:
        snapshot.synced = false;
        break;
      default:
        marks_.Hit("fault snapshot damaged");
        snapshot.bytes[static_cast<std::size_t>(random_.Between(0, size - 1))] ^= 4;
    }
  }
  snapshots_.insert_or_assign(source.info().sequence, std::move(snapshot));
  const std::uint64_t first_kept = journal::FirstSnapshotKept(Snapshots());
  std::erase_if(snapshots_, [first_kept](const auto& entry) { return entry.first < first_kept; });
  return absl::OkStatus();
}

std::vector<journal::SnapshotInfo> SimJournal::Snapshots() const {
  std::vector<journal::SnapshotInfo> infos;
  for (const auto& [sequence, snapshot] : snapshots_) {
    infos.push_back(snapshot.info);
  }
  return infos;
}

absl::StatusOr<std::string> SimJournal::ReadSnapshot(std::uint64_t sequence) const {
  const auto snapshot = snapshots_.find(sequence);
  if (snapshot == snapshots_.end()) {
    return absl::NotFoundError(absl::StrCat("there is no snapshot at ", sequence));
  }
  return snapshot->second.bytes;
}

absl::Status SimJournal::WriteAnchor() {
  ESCROW_ASSERT(!failed_ && anchor_.sequence <= tail_.sequence);
  if (Fails(faults_.anchor_one_in)) {
    marks_.Hit("fault anchor failed");
    failed_ = true;
    return absl::UnavailableError("the simulated disk does not take the anchor");
  }
  anchor_ = tail_;
  return absl::OkStatus();
}

}  // namespace escrow::sim
