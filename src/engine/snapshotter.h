#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "engine/responder.h"
#include "engine/stage.h"
#include "journal/journal.h"

namespace escrow::engine {

// A state's bytes while they are gathered, in pieces: growing one string would copy hundreds of megabytes between two
// commands.
class SnapshotBytes {
 public:
  void Append(std::string_view bytes);
  [[nodiscard]] std::size_t size() const { return size_; }
  // All of them in one, and forgets them.
  [[nodiscard]] std::string Join();

 private:
  std::deque<std::string> pieces_;
  std::size_t size_ = 0;
};

// A snapshot that is to be written. `info.digest` is not set yet.
struct SnapshotJob {
  journal::SnapshotInfo info;
  SnapshotBytes bytes;
  std::function<void(absl::Status)> done;  // on the snapshot's thread
};

// Snapshotter: writes snapshots while the engine goes on.
//
// Threading: Step is for its thread; the rest for any thread. Borrows journal and responder. Limits: one job of the
// sequencer and one of Engine::Snapshot at a time, so at most two copies of the state in memory.
class Snapshotter {
 public:
  // `newest` is the position of the newest snapshot there is. Snapshots leave `free_bytes_min` to the log.
  Snapshotter(journal::Journal& journal, Responder& responder, std::uint64_t newest, std::uint64_t free_bytes_min);

  void Start(SnapshotJob job);
  // Whether a job waits or is being written.
  [[nodiscard]] bool busy() const;
  // Position of the newest durable snapshot.
  [[nodiscard]] std::uint64_t newest() const;

  // Writes the snapshot that has waited longest, when its position is durable. Ends after Close.
  [[nodiscard]] Stepped Step(Wait wait);
  // Step ends when all jobs are done.
  void Close();

  // Writes a snapshot on the caller's thread. RESOURCE_EXHAUSTED when it would take room that the log needs. REQUIRES:
  // its position is durable or will be.
  [[nodiscard]] absl::Status Write(SnapshotJob& job);

 private:
  [[nodiscard]] absl::Status CheckRoom(std::size_t bytes) const;

  journal::Journal& journal_;
  Responder& responder_;
  const std::uint64_t free_bytes_min_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<SnapshotJob> jobs_;  // the first is being written
  std::uint64_t newest_;
  bool closed_ = false;
};

}  // namespace escrow::engine
