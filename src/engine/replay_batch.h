#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "escrow/v1/event.pb.h"
#include "google/protobuf/arena.h"
#include "journal/journal.h"

namespace escrow::engine {

// ReplayBatch: consecutive groups of events as a replay needs them, parsed and hashed. Used again and again: Clear
// keeps the memory.
struct ReplayBatch {
  ReplayBatch();

  void Clear();
  [[nodiscard]] bool empty() const { return events.empty(); }

  const std::unique_ptr<char[]> first_block;  // what Clear keeps
  google::protobuf::Arena arena;              // of the events
  std::vector<const v1::Event*> events;       // in order, without a gap; null for bytes that are no event
  std::vector<journal::Hash> leaves;          // of the bytes of each
  std::vector<journal::Tail> group_ends;      // of the groups; what comes after the last is the first part of one
};

// ReplayHandover: the batch between the thread that reads and the one that applies. Each always has one of its own.
//
// Thread-safe for one reader and one applier. The batches that are swapped through it must be alike.
class ReplayHandover {
 public:
  // The reader: exchanges its full batch for an empty one. Waits until the last one has been taken. False when the
  // applier has stopped.
  [[nodiscard]] bool Give(ReplayBatch*& batch);
  // The reader: no batch will follow. Returns when the applier has taken all.
  void End();
  // The applier: exchanges its batch, which it has applied, for the next. False when there is none any more.
  [[nodiscard]] bool Take(ReplayBatch*& batch);
  // The applier: takes nothing any more.
  void Stop();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  ReplayBatch spare_;
  ReplayBatch* held_ = &spare_;
  bool full_ = false;
  bool ended_ = false;
  bool stopped_ = false;
};

}  // namespace escrow::engine
