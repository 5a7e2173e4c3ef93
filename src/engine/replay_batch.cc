#include "engine/replay_batch.h"

#include <utility>

namespace escrow::engine {
namespace {

constexpr std::size_t kFirstBlockBytes = 1 << 20;

google::protobuf::ArenaOptions ArenaAt(char* block) {
  google::protobuf::ArenaOptions options;
  options.initial_block = block;
  options.initial_block_size = kFirstBlockBytes;
  return options;
}

}  // namespace

ReplayBatch::ReplayBatch() : first_block(new char[kFirstBlockBytes]), arena(ArenaAt(first_block.get())) {}

void ReplayBatch::Clear() {
  events.clear();
  leaves.clear();
  group_ends.clear();
  arena.Reset();
}

bool ReplayHandover::Give(ReplayBatch*& batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !full_ || stopped_; });
  if (stopped_) {
    return false;
  }
  std::swap(held_, batch);
  full_ = true;
  changed_.notify_all();
  return true;
}

void ReplayHandover::End() {
  std::unique_lock lock(mutex_);
  ended_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !full_ || stopped_; });
}

bool ReplayHandover::Take(ReplayBatch*& batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return full_ || ended_; });
  if (!full_) {
    return false;
  }
  std::swap(held_, batch);
  full_ = false;
  changed_.notify_all();
  return true;
}

void ReplayHandover::Stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

}  // namespace escrow::engine
