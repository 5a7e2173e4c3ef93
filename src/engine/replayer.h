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
class Replayer {
 public:
  // Goes on from where `machine` and `tree` stand. REQUIRES: at the same position.
  Replayer(core::Machine& machine, tlog::CompactRange tree);

  // Replays up to the event `through`. DATA_LOSS, naming the position, for a gap, a wrong checksum, bytes that are no
  // event, an event at another position than it says, and a group whose events do not give the root stored with it.
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

  core::Machine& machine_;
  tlog::TreeHasher hasher_;
  tlog::CompactRange tree_;
};

}  // namespace escrow::engine
