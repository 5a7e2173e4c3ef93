#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "core/machine.h"
#include "journal/journal.h"
#include "tlog/merkle.h"

namespace escrow::engine {

struct ReplayBatch;

// Replayer: feeds stored events to a machine and checks each step. Recovery and verification are the same code.
//
// Threading: not thread-safe. A long replay has a thread of its own for the machine, which ends with Run: while it
// applies one batch of events, the caller's thread reads, parses and hashes the next. Borrows the machine.
//
// A group is applied only when its root has been found right: events that somebody changed, checksums and all, must not
// reach the machine, which trusts them.
class Replayer {
 public:
  // Goes on from where `machine` and `tree` stand. REQUIRES: at the same position.
  Replayer(core::Machine& machine, tlog::CompactRange tree);

  // Replays up to the event `through`. DATA_LOSS, naming the first bad position, for a gap, a wrong checksum, a group
  // whose events do not give the root stored with it, bytes that are no event, and an event at another position than it
  // says. When `through` lies within a group, its events are applied without their group's root.
  // `progress` is called on the caller's thread now and then with (read, to replay), and at the end.
  [[nodiscard]] absl::Status Run(const journal::Journal& journal, std::uint64_t through,
                                 const std::function<void(std::uint64_t, std::uint64_t)>& progress);

  [[nodiscard]] journal::Hash Root() { return tree_.Root(hasher_); }
  [[nodiscard]] tlog::CompactRange TakeTree() { return std::move(tree_); }

 private:
  // Where full batches go. May exchange the batch for another, which is filled next. False to stop.
  using BatchSink = std::function<bool(ReplayBatch*& batch)>;

  // Reads the events after the machine's position up to `through` into batches, the first of them `batch`. What comes
  // before an error is given to the sink first.
  [[nodiscard]] absl::Status ReadBatches(const journal::Journal& journal, std::uint64_t through, ReplayBatch* batch,
                                         const BatchSink& sink) const;
  [[nodiscard]] absl::Status Apply(const ReplayBatch& batch);
  // Applies events [begin, end) of the batch, which are a group, or the first part of one and then `root` is null.
  [[nodiscard]] absl::Status ApplyGroup(const ReplayBatch& batch, std::size_t begin, std::size_t end,
                                        const journal::Hash* root);

  core::Machine& machine_;
  tlog::TreeHasher hasher_;
  tlog::CompactRange tree_;
};

}  // namespace escrow::engine
