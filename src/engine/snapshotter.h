#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "absl/status/status.h"
#include "engine/responder.h"
#include "engine/snapshot_feed.h"
#include "engine/snapshot_series.h"
#include "engine/stage.h"
#include "journal/journal.h"

namespace escrow::engine {

// Snapshotter: writes snapshots while the engine goes on, each from the moment at which its first piece is there.
//
// Threading: Step is for its thread; the rest for any thread. Borrows journal and responder. Limits: one snapshot that
// is due and one that was ordered at a time.
class Snapshotter {
 public:
  // `newest`: the series that the next snapshot may go on with. Snapshots leave `free_bytes_min` to the log.
  Snapshotter(journal::Journal& journal, Responder& responder, const SnapshotSeries& newest,
              std::uint64_t free_bytes_min);

  // A snapshot begins: whoever makes it gives its pieces to the feed. It must come to its end.
  void Start(std::shared_ptr<SnapshotFeed> feed);
  // Whether a snapshot is on its way.
  [[nodiscard]] bool busy() const;
  // The series that ends with the newest durable snapshot.
  [[nodiscard]] SnapshotSeries newest() const;

  // Writes the snapshot that began first; without waiting, only one that is at hand whole and whose position is
  // durable. Ends after Close.
  [[nodiscard]] Stepped Step(Wait wait);
  // Step ends when all snapshots are written.
  void Close();

  // Writes a snapshot on the caller's thread. RESOURCE_EXHAUSTED when it would take room that the log needs. REQUIRES:
  // it comes to its end, gets its tree, and its position becomes durable, without the caller.
  [[nodiscard]] absl::Status Write(SnapshotFeed& feed);

 private:
  class Source;

  journal::Journal& journal_;
  Responder& responder_;
  const std::uint64_t free_bytes_min_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<SnapshotFeed>> feeds_;  // the first is being written
  SnapshotSeries newest_;
  bool closed_ = false;
};

}  // namespace escrow::engine
