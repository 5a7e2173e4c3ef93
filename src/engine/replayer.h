#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "core/machine.h"
#include "journal/journal.h"
#include "tlog/merkle.h"

namespace escrow::engine {

// Replayer: feeds stored events to a machine and checks each step. Recovery and verification are the same code.
//
// A group is applied only when its root has been found right: events that somebody changed, checksums and all, must not
// reach the machine, which trusts them. Threading: not thread-safe. Borrows the machine. Limits: holds one group.
class Replayer {
 public:
  // Goes on from where `machine` and `tree` stand. REQUIRES: at the same position.
  Replayer(core::Machine& machine, tlog::CompactRange tree);

  // Replays up to the event `through`. DATA_LOSS, naming the first bad position, for a gap, a wrong checksum, a group
  // whose events do not give the root stored with it, bytes that are no event, and an event at another position than it
  // says. When `through` lies within a group, its events are applied without their group's root.
  [[nodiscard]] absl::Status Run(const journal::Journal& journal, std::uint64_t through,
                                 const std::function<void(std::uint64_t, std::uint64_t)>& progress);

  [[nodiscard]] journal::Hash Root() { return tree_.Root(hasher_); }
  [[nodiscard]] tlog::CompactRange TakeTree() { return std::move(tree_); }

 private:
  void Hold(std::string_view bytes);
  [[nodiscard]] absl::Status CheckRoot(const journal::Tail& group_end);
  // Applies what is held.
  [[nodiscard]] absl::Status Apply();

  core::Machine& machine_;
  tlog::TreeHasher hasher_;
  tlog::CompactRange tree_;
  // The events of a group that are hashed and not applied yet, as journal::Group has them.
  std::string held_;
  std::vector<std::size_t> ends_;
  v1::Event event_;  // kept for its memory
};

}  // namespace escrow::engine
