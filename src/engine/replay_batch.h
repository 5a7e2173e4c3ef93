#pragma once

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

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;  // where each event ends in bytes_
  std::unique_ptr<core::EventBuffer> parsed_ = std::make_unique<core::EventBuffer>();
};

// Parses an event as stored; false when the bytes are none.
[[nodiscard]] bool Parse(std::string_view bytes, v1::Event& event);

// ReplayHandover: the batch between the thread that reads and the one that applies. Each always has one of its own.
//
// Thread-safe for one reader and one applier.
class ReplayHandover {
 public:
  // The reader: whether the last batch has not been taken yet, so that Give would wait.
  [[nodiscard]] bool Full() const;
  // The reader: exchanges its full batch for an empty one. Waits until the last one has been taken. False when the
  // applier has stopped.
  [[nodiscard]] bool Give(ReplayBatch& batch);
  // The reader: no batch will follow.
  void End();
  // The applier: exchanges its batch, which it has applied, for the next. False when there is none any more.
  [[nodiscard]] bool Take(ReplayBatch& batch);
  // The applier: takes nothing any more.
  void Stop();

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  ReplayBatch held_;
  bool full_ = false;
  bool ended_ = false;
  bool stopped_ = false;
};

}  // namespace escrow::engine
