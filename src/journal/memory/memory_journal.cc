#include "journal/memory/memory_journal.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "tlog/merkle.h"

namespace escrow::journal {

MemoryJournal::MemoryJournal() { tail_.root = tlog::TreeHasher().EmptyRoot(); }

absl::Status MemoryJournal::Append(const Group& group) {
  const std::lock_guard lock(mutex_);
  ESCROW_ASSERT(!group.ends.empty());
  ESCROW_ASSERT(group.first_sequence == tail_.sequence + 1);
  for (std::size_t i = 0; i < group.ends.size(); ++i) {
    events_.emplace_back(group.event(i));
  }
  tail_ = Tail{.sequence = group.last_sequence(), .root = group.root};
  roots_.emplace(tail_.sequence, tail_.root);
  return absl::OkStatus();
}

bool MemoryJournal::Get(std::uint64_t sequence, std::string& bytes) const {
  const std::lock_guard lock(mutex_);
  if (sequence == 0 || sequence > events_.size()) {
    return false;
  }
  bytes = events_[sequence - 1];
  return true;
}

absl::Status MemoryJournal::Read(std::uint64_t first, const Visitor& visit) const {
  return Replay(first, visit, [](const Tail&) { return true; });
}

absl::Status MemoryJournal::Replay(std::uint64_t first, const Visitor& event, const GroupVisitor& group_end) const {
  ESCROW_ASSERT(first >= 1);
  const std::uint64_t last = tail().sequence;
  std::string bytes;
  for (std::uint64_t sequence = first; sequence <= last; ++sequence) {
    const bool found = Get(sequence, bytes);
    ESCROW_ASSERT(found);
    if (!event(sequence, bytes)) {
      break;
    }
    Tail end;
    {
      const std::lock_guard lock(mutex_);
      const auto root = roots_.find(sequence);
      if (root == roots_.end()) {
        continue;
      }
      end = Tail{.sequence = sequence, .root = root->second};
    }
    if (!group_end(end)) {
      break;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> MemoryJournal::ReadOne(std::uint64_t sequence) const {
  std::string bytes;
  if (!Get(sequence, bytes)) {
    return absl::NotFoundError(absl::StrCat("the log has no event ", sequence));
  }
  return bytes;
}

Tail MemoryJournal::tail() const {
  const std::lock_guard lock(mutex_);
  return tail_;
}

absl::Status MemoryJournal::WriteSnapshot(SnapshotSource& source) {
  absl::StatusOr<std::string> bytes = ReadToEnd(source);
  if (!bytes.ok()) {
    return bytes.status();
  }
  const SnapshotInfo& info = source.info();
  const std::lock_guard lock(mutex_);
  ESCROW_ASSERT(info.sequence <= tail_.sequence);
  snapshots_.insert_or_assign(info.sequence, Snapshot{.info = info, .bytes = *std::move(bytes)});
  const std::uint64_t first_kept = FirstSnapshotKept(Infos());
  std::erase_if(snapshots_, [first_kept](const auto& entry) { return entry.first < first_kept; });
  return absl::OkStatus();
}

std::vector<SnapshotInfo> MemoryJournal::Snapshots() const {
  const std::lock_guard lock(mutex_);
  return Infos();
}

std::vector<SnapshotInfo> MemoryJournal::Infos() const {
  std::vector<SnapshotInfo> infos;
  for (const auto& [sequence, snapshot] : snapshots_) {
    infos.push_back(snapshot.info);
  }
  return infos;
}

absl::StatusOr<std::string> MemoryJournal::ReadSnapshot(std::uint64_t sequence) const {
  const std::lock_guard lock(mutex_);
  const auto snapshot = snapshots_.find(sequence);
  if (snapshot == snapshots_.end()) {
    return absl::NotFoundError(absl::StrCat("there is no snapshot at ", sequence));
  }
  return snapshot->second.bytes;
}

absl::Status MemoryJournal::WriteAnchor() { return absl::OkStatus(); }

absl::StatusOr<std::uint64_t> MemoryJournal::FreeBytes() const { return std::numeric_limits<std::uint64_t>::max(); }

}  // namespace escrow::journal
