#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "core/machine.h"
#include "journal/journal.h"
#include "tlog/merkle.h"

namespace escrow::engine {

// Replayer: feeds stored events to a machine and checks each step. Recovery and verification are the same code.
//
// Threading: not thread-safe. Borrows the machine.
class Replayer {
 public:
  // Goes on from where `machine` and `tree` stand. REQUIRES: at the same position.
  Replayer(core::Machine& machine, tlog::CompactRange tree);

  // Replays up to the event `through`. DATA_LOSS, naming the position, for a gap, a wrong checksum, bytes that are no
  // event, an event at another position than it says, and a group whose events do not give the root stored with it.
  [[nodiscard]] absl::Status Run(const journal::Journal& journal, std::uint64_t through,
                                 const std::function<void(std::uint64_t, std::uint64_t)>& progress);

  [[nodiscard]] journal::Hash Root() { return tree_.Root(hasher_); }
  [[nodiscard]] tlog::CompactRange TakeTree() { return std::move(tree_); }

 private:
  [[nodiscard]] absl::Status Apply(std::uint64_t sequence, std::string_view bytes);
  [[nodiscard]] absl::Status CheckRoot(const journal::Tail& group_end);

  core::Machine& machine_;
  tlog::TreeHasher hasher_;
  tlog::CompactRange tree_;
  v1::Event event_;  // kept for its memory
};

}  // namespace escrow::engine
