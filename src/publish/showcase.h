#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "tlog/checkpoint.h"

namespace escrow::publish {

using SharedCheckpoint = std::shared_ptr<const tlog::SignedCheckpoint>;

// Showcase: decides which checkpoint strangers are shown when witnesses are asked.
//
// It is the newest one that the quorum has cosigned, for whoever relies on witnesses believes no other. But a quorum
// that answers no more must not keep the log from being seen: when no newer checkpoint has been cosigned for as long as
// the patience lasts, the newest is shown as it is. What is shown never becomes smaller.
//
// Without witnesses it is always the newest. Threading: not thread-safe.
class Showcase {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Showcase(std::chrono::milliseconds patience) : patience_(patience) {}

  // What to show from now on. `cosigned`: the newest one whose quorum was reached, or null. REQUIRES: `newest` is not
  // null; both grow; `cosigned` is not larger.
  [[nodiscard]] SharedCheckpoint Choose(const SharedCheckpoint& newest, const SharedCheckpoint& cosigned, Time now);

 private:
  // Whether the quorum keeps up with the log.
  [[nodiscard]] bool KeepsUp(const SharedCheckpoint& newest, const SharedCheckpoint& cosigned, Time now);

  const std::chrono::milliseconds patience_;
  SharedCheckpoint shown_;
  std::uint64_t cosigned_size_ = 0;
  std::optional<Time> behind_since_;  // since when the quorum owes a newer checkpoint
};

}  // namespace escrow::publish
