#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace escrow::journal {

using Hash = std::array<std::uint8_t, 32>;

// A group of events that becomes durable as one: all of it or none of it.
struct Group {
  std::uint64_t first_sequence = 0;
  // Events as stored, back to back in `bytes`; ends[i] is where event first_sequence + i ends.
  std::string bytes;
  std::vector<std::uint32_t> ends;
  // RFC 6962 root over all events of the log up to the last of this group.
  Hash root{};

  [[nodiscard]] std::uint64_t last_sequence() const { return first_sequence + ends.size() - 1; }
  [[nodiscard]] std::string_view event(std::size_t index) const;
};

// Where the journal ends: the last durable event and the root of its group. sequence 0 and the empty tree's root at
// first.
struct Tail {
  std::uint64_t sequence = 0;
  Hash root{};
};

// A snapshot of the machine at a position: whole, or what has changed since another snapshot, its base.
struct SnapshotInfo {
  std::uint64_t sequence = 0;
  std::uint64_t base_sequence = 0;  // position of the base; 0 when it is whole
  Hash base_digest{};               // digest of the base; zero when it is whole
  Hash digest{};                    // SHA-256 of its bytes
  Hash root{};                      // root of the log at sequence
  // tlog::CompactRange::edge() at sequence: what it takes to go on from here without the events before.
  std::vector<Hash> right_edge{};
  friend bool operator==(const SnapshotInfo&, const SnapshotInfo&) = default;

  [[nodiscard]] bool whole() const { return base_sequence == 0; }
};

// The position from which on snapshots are kept, of those that there are, the newest first: that of the whole one
// before the newest whole one. So there are two, with what builds on each, that share no byte, should one be damaged.
[[nodiscard]] std::uint64_t FirstSnapshotKept(const std::vector<SnapshotInfo>& snapshots);

// The bytes of a snapshot, as they become ready: so that nobody need hold them all at once.
class SnapshotSource {
 public:
  virtual ~SnapshotSource() = default;

  // The next bytes, which stay there until the next call; empty at the end. Waits for them. An error ends the snapshot:
  // nothing of it is to be kept.
  [[nodiscard]] virtual absl::StatusOr<std::string_view> Next() = 0;
  // What they are. REQUIRES: Next has come to the end. The position is durable by then.
  [[nodiscard]] virtual const SnapshotInfo& info() const = 0;
};

// All that is left of a snapshot, for journals that keep it in memory.
[[nodiscard]] absl::StatusOr<std::string> ReadToEnd(SnapshotSource& source);

// Journal: the durable log, and snapshots beside it. The only truth.
//
// Writers: one thread calls Append; another may call WriteSnapshot. Readers: any thread, at any time; they see whole
// groups that are durable and nothing else. Errors: a failed Append has an UNKNOWN outcome: the group may or may not be
// there after a restart. The caller must stop the process (design.md §4); the journal accepts nothing more.
class Journal {
 public:
  // Gets one event as stored; returns false to stop.
  using Visitor = std::function<bool(std::uint64_t sequence, std::string_view bytes)>;
  // Gets the end of a group: its last event and the root that was stored with it; returns false to stop.
  using GroupVisitor = std::function<bool(const Tail& end)>;

  virtual ~Journal() = default;

  // Writes a group and syncs it. OK means durable. REQUIRES: group.first_sequence == tail().sequence + 1, not empty.
  [[nodiscard]] virtual absl::Status Append(const Group& group) = 0;

  // Visits the durable events from `first` on, in order and without gaps, to the end or until the visitor stops.
  // DATA_LOSS, naming the position, when an event is missing or fails its checksum.
  [[nodiscard]] virtual absl::Status Read(std::uint64_t first, const Visitor& visit) const = 0;

  // Read that also visits the end of each group, right after the group's last event, so that the caller can compare the
  // stored root with the one that the events give. `first` may lie within a group. DATA_LOSS also when the groups
  // contradict the events.
  [[nodiscard]] virtual absl::Status Replay(std::uint64_t first, const Visitor& event,
                                            const GroupVisitor& group_end) const = 0;

  // One durable event. NOT_FOUND beyond the tail.
  [[nodiscard]] virtual absl::StatusOr<std::string> ReadOne(std::uint64_t sequence) const = 0;

  [[nodiscard]] virtual Tail tail() const = 0;

  // Stores a snapshot durably, and forgets those before FirstSnapshotKept. An error of the source comes back as it is.
  [[nodiscard]] virtual absl::Status WriteSnapshot(SnapshotSource& source) = 0;
  // Snapshots that are whole, the newest first. Their digests have not been checked.
  [[nodiscard]] virtual std::vector<SnapshotInfo> Snapshots() const = 0;
  [[nodiscard]] virtual absl::StatusOr<std::string> ReadSnapshot(std::uint64_t sequence) const = 0;

  // Remembers the tail outside of the log's own store, durably, so that a store that comes back older than what was
  // acknowledged is found out when it is opened (design.md §3, 7). On the thread that calls Append; costs one small
  // sync.
  [[nodiscard]] virtual absl::Status WriteAnchor() = 0;

  // Bytes free where the log is kept.
  [[nodiscard]] virtual absl::StatusOr<std::uint64_t> FreeBytes() const = 0;
};

}  // namespace escrow::journal
