#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "journal/journal.h"

namespace escrow::fuzz {

struct SnapshotEntry {
  journal::SnapshotInfo info;
  std::string bytes;
};

// A journal whose content anybody may change, as if it lay on a disk without checksums. It finds what a real one finds
// without them: an event that is not there. For reading only.
class EditedJournal final : public journal::Journal {
 public:
  std::vector<std::string> events;    // event s is at s - 1
  std::vector<journal::Tail> groups;  // their ends
  std::vector<SnapshotEntry> snapshots;

  [[nodiscard]] absl::Status Append(const journal::Group&) override { return absl::UnimplementedError("read-only"); }
  [[nodiscard]] absl::Status Read(std::uint64_t first, const Visitor& visit) const override {
    return Replay(first, visit, [](const journal::Tail&) { return true; });
  }
  [[nodiscard]] absl::Status Replay(std::uint64_t first, const Visitor& event,
                                    const GroupVisitor& group_end) const override {
    for (std::uint64_t sequence = first; sequence <= tail().sequence; ++sequence) {
      if (sequence > events.size()) {
        return absl::DataLossError(absl::StrCat("event ", sequence, " is missing"));
      }
      const auto group = std::ranges::find(groups, sequence, &journal::Tail::sequence);
      if (!event(sequence, events[sequence - 1]) || (group != groups.end() && !group_end(*group))) {
        break;
      }
    }
    return absl::OkStatus();
  }
  [[nodiscard]] absl::StatusOr<std::string> ReadOne(std::uint64_t sequence) const override {
    return sequence == 0 || sequence > events.size() ? absl::StatusOr<std::string>(absl::NotFoundError("no event"))
                                                     : events[sequence - 1];
  }
  [[nodiscard]] journal::Tail tail() const override { return groups.back(); }
  [[nodiscard]] absl::Status WriteSnapshot(journal::SnapshotSource&) override {
    return absl::UnimplementedError("read-only");
  }
  [[nodiscard]] std::vector<journal::SnapshotInfo> Snapshots() const override {
    std::vector<journal::SnapshotInfo> infos;
    for (const SnapshotEntry& snapshot : snapshots) {
      infos.insert(infos.begin(), snapshot.info);  // the newest first
    }
    return infos;
  }
  [[nodiscard]] absl::StatusOr<std::string> ReadSnapshot(std::uint64_t sequence) const override {
    const auto found =
        std::ranges::find(snapshots, sequence, [](const SnapshotEntry& entry) { return entry.info.sequence; });
    return found == snapshots.end() ? absl::StatusOr<std::string>(absl::NotFoundError("no snapshot")) : found->bytes;
  }
  [[nodiscard]] absl::Status WriteAnchor() override { return absl::OkStatus(); }
  [[nodiscard]] absl::StatusOr<std::uint64_t> FreeBytes() const override { return std::uint64_t{1} << 40U; }
};

}  // namespace escrow::fuzz
