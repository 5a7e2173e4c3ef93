#include "engine/snapshot_feed.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace escrow::engine {
namespace {

constexpr std::size_t kPieceBytes = 1 << 20;
constexpr std::size_t kSpareMax = 8;

}  // namespace

void SnapshotFeed::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, kPieceBytes - filling_.size());
    filling_.append(part);
    bytes.remove_prefix(part.size());
    if (filling_.size() == kPieceBytes) {
      const std::lock_guard lock(mutex_);
      PassOn();
    }
  }
}

void SnapshotFeed::End() {
  const std::lock_guard lock(mutex_);
  PassOn();
  ended_ = true;
}

void SnapshotFeed::PassOn() {
  std::string next;
  if (!spare_.empty()) {
    next = std::move(spare_.back());
    spare_.pop_back();
  }
  next.reserve(kPieceBytes);
  std::swap(filling_, next);
  if (!next.empty() && !abandoned_) {
    filled_.push_back(std::move(next));
  }
  changed_.notify_one();
}

void SnapshotFeed::SetTree(const tlog::CompactRange& tree) {
  const std::lock_guard lock(mutex_);
  ESCROW_ASSERT(tree.size() == info.sequence && !tree_);
  tree_ = tree;
  changed_.notify_one();
}

bool SnapshotFeed::complete() const {
  const std::lock_guard lock(mutex_);
  return ended_ && tree_;
}

std::string_view SnapshotFeed::Next() {
  std::unique_lock lock(mutex_);
  if (spare_.size() < kSpareMax) {
    reading_.clear();
    spare_.push_back(std::move(reading_));
  }
  changed_.wait(lock, [this] { return !filled_.empty() || ended_; });
  reading_ = filled_.empty() ? std::string() : std::move(filled_.front());
  if (!filled_.empty()) {
    filled_.pop_front();
  }
  return reading_;
}

tlog::CompactRange SnapshotFeed::WaitTree() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return tree_.has_value(); });
  return *tree_;
}

void SnapshotFeed::Abandon() {
  const std::lock_guard lock(mutex_);
  abandoned_ = true;
  filled_.clear();
  spare_.clear();
}

}  // namespace escrow::engine
