#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "journal/journal.h"
#include "tlog/merkle.h"

namespace escrow::engine {

// SnapshotFeed: a snapshot on its way from the sequencer, which makes it a part at a time, to the snapshotter, which
// writes it meanwhile. The parts are gathered to pieces of a megabyte, whose memory is used again: no more of the
// snapshot is in memory than the snapshotter is behind. The committer, which hashes the log, adds the tree at its
// position.
//
// Threading: Append and End for one thread, Next, WaitTree and Abandon for another, SetTree for a third.
class SnapshotFeed {
 public:
  // `info` is without digest, root and right edge. `done` is called on the snapshotter's thread.
  SnapshotFeed(journal::SnapshotInfo info_in, std::function<void(const absl::Status&)> done_in)
      : info(std::move(info_in)), done(std::move(done_in)) {}

  void Append(std::string_view bytes);
  // There are no more.
  void End();

  // The tree over all events up to the snapshot's. Once.
  void SetTree(const tlog::CompactRange& tree);

  // Whether all is there, with the tree.
  [[nodiscard]] bool complete() const;
  // The next piece, which stays there until the next call; empty at the end. Waits for it.
  [[nodiscard]] std::string_view Next();
  // Waits for the tree.
  [[nodiscard]] tlog::CompactRange WaitTree();
  // Nobody calls Next any more: what has come and what comes is dropped.
  void Abandon();

  const journal::SnapshotInfo info;
  const std::function<void(const absl::Status&)> done;

 private:
  // Gives the piece that is being filled to the reader. Under the mutex.
  void PassOn();

  std::string filling_;  // the writer's alone

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> filled_;
  std::vector<std::string> spare_;  // memory for pieces
  std::optional<tlog::CompactRange> tree_;
  bool ended_ = false;
  bool abandoned_ = false;

  std::string reading_;  // the reader's alone
};

}  // namespace escrow::engine
