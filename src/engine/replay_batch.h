#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/machine.h"
#include "escrow/v1/event.pb.h"

namespace escrow::engine {

// ReplayBatch: events as stored, back to back, the first of them perhaps parsed. Used again and again: Clear keeps the
// memory.
class ReplayBatch {
 public:
  // A batch is full with so many, or some more, as a group is not divided: so many that handing over costs nothing, so
  // few that those on their way are in the cache.
  static constexpr std::size_t kEvents = 256;

  void Clear();
  void Add(std::string_view event);
  // Forgets all but the first `size` events. REQUIRES: size <= size(), none has been parsed.
  void Truncate(std::size_t size);

  // Parses the next events, a few. False when there is nothing left to parse, or something that is no event.
  [[nodiscard]] bool ParseSome();

  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  [[nodiscard]] bool empty() const { return ends_.empty(); }
  // REQUIRES: index < size().
  [[nodiscard]] std::string_view bytes(std::size_t index) const;
  // The parsed event; null when that has not been done.
  [[nodiscard]] const v1::Event* parsed(std::size_t index) const;
  // Asks for the memory of the parsed event, which the other thread has written; see EventBuffer.
  void Prefetch(std::size_t index) const;

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;  // where each event ends in bytes_
  std::unique_ptr<core::EventBuffer> parsed_ = std::make_unique<core::EventBuffer>(kEvents);
};

// Parses an event as stored; false when the bytes are none.
[[nodiscard]] bool Parse(std::string_view bytes, v1::Event& event);

// ReplayHandover: the batches between the thread that reads and the one that applies, in order.
//
// WHY several: which batches come parsed is decided by how many wait. With a single one the threads swing: one that had
// to parse for itself lets the other parse a whole batch and then wait, and then it is the other's turn to be late.
//
// Thread-safe for one reader and one applier.
class ReplayHandover {
 public:
  // The reader: whether so many batches wait that it has time to parse.
  [[nodiscard]] bool Ample() const;
  // The reader: exchanges its full batch for an empty one. Waits for room. False when the applier has stopped.
  [[nodiscard]] bool Give(ReplayBatch& batch);
  // The reader: no batch will follow.
  void End();
  // The applier: exchanges its batch, which it has applied, for the next. False when there is none any more.
  [[nodiscard]] bool Take(ReplayBatch& batch);
  // The applier: takes nothing any more.
  void Stop();

 private:
  static constexpr std::size_t kBatches = 8;
  static constexpr std::size_t kAmple = kBatches / 2;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::array<ReplayBatch, kBatches> batches_;  // a ring; those that do not wait are empty or applied
  std::size_t given_ = 0;
  std::size_t taken_ = 0;
  bool ended_ = false;
  bool stopped_ = false;
};

}  // namespace escrow::engine
