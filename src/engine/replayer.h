#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "core/announce.h"
#include "core/machine.h"
#include "journal/journal.h"
#include "tlog/merkle.h"

namespace escrow::engine {

class ReplayBatch;

// Replayer: feeds stored events to a machine and checks each step. Recovery and verification are the same code.
//
// Threading: not thread-safe. A long replay has a thread of its own for reading, which ends with Run: while it reads
// and hashes one batch of events, the caller's thread parses and applies the one before. While that is not done yet,
// the reader parses too, so that both threads have the same to do. Borrows the machine.
//
// A group is applied only when its root has been found right: events that somebody changed, checksums and all, must not
// reach the machine, which trusts them.
class Replayer {
 public:
  // Goes on from where `machine` and `tree` stand. REQUIRES: at the same position.
  Replayer(core::Machine& machine, tlog::CompactRange tree);

  // Replays up to the event `through`. DATA_LOSS, naming the first bad position, for a gap, a wrong checksum, a group
  // whose events do not give the root stored with it, bytes that are no event, and an event at another position than it
  // says. When `through` lies within a group, that is read to its end, for its root.
  // `progress` is called on the caller's thread with (applied, to replay) now and then, and after the last event.
  [[nodiscard]] absl::Status Run(const journal::Journal& journal, std::uint64_t through,
                                 const std::function<void(std::uint64_t, std::uint64_t)>& progress);

  [[nodiscard]] journal::Hash Root() { return tree_.Root(hasher_); }
  [[nodiscard]] tlog::CompactRange TakeTree() { return std::move(tree_); }

 private:
  // Where full batches go; each is empty or another one afterwards. False to stop.
  using BatchSink = std::function<bool(ReplayBatch& batch)>;

  // Reads the events after the tree's position up to `through`, adds them to the tree and gives them to the sink, a
  // group only when it has the root stored with it. Groups before an error are given to the sink first.
  [[nodiscard]] absl::Status Read(const journal::Journal& journal, std::uint64_t through, const BatchSink& sink);
  [[nodiscard]] absl::Status Apply(const ReplayBatch& batch);
  // Asks for the request id of the batch's event at `index`, if it has been parsed.
  static void FetchRequestId(const ReplayBatch& batch, std::size_t index);
  // Applies the batch's event at `index`.
  [[nodiscard]] absl::Status ApplyEvent(const ReplayBatch& batch, std::size_t index);
  // Announces the batch's event at `index` to the machine, parsed, if need be, and keeps it until it is applied.
  void LookAhead(const ReplayBatch& batch, std::size_t index);
  // The event, until as many more have been parsed as are looked at ahead; null for bytes that are none. Few at a time,
  // so that their memory stays in the cache.
  [[nodiscard]] const v1::Event* ParseHere(std::string_view bytes);

  // An event is looked at so far ahead: of a command there are two or three.
  static constexpr std::size_t kEventsAhead = 2 * core::kAnnouncedAhead;
  // And so far ahead its memory is asked for, which, when the other thread has parsed it, must come from its core.
  static constexpr std::size_t kFetchedAhead = 2 * kEventsAhead;

  core::Machine& machine_;
  std::array<const v1::Event*, kEventsAhead> ahead_{};  // by position in the batch; null: bytes that are no event
  std::array<core::EventBuffer, 2> parsed_here_;
  std::size_t parsed_here_count_ = 0;
  tlog::TreeHasher hasher_;
  tlog::CompactRange tree_;  // of what has been read
};

}  // namespace escrow::engine
