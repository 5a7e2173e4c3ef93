#include "engine/replay_batch.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/prefetch.h"

namespace escrow::engine {
namespace {

// So few that it hardly matters when they are parsed in vain, so many that asking between them costs nothing.
constexpr std::size_t kParseAtOnce = 8;

}  // namespace

void ReplayBatch::Clear() {
  bytes_.clear();
  ends_.clear();
  parsed_->Clear();
}

void ReplayBatch::Add(std::string_view event) {
  bytes_.append(event);
  ends_.push_back(bytes_.size());
}

void ReplayBatch::Truncate(std::size_t size) {
  ESCROW_ASSERT(size <= ends_.size() && parsed_->size() == 0);
  ends_.resize(size);
  bytes_.resize(ends_.empty() ? 0 : ends_.back());
}

bool ReplayBatch::ParseSome() {
  const std::size_t end = std::min(parsed_->size() + kParseAtOnce, size());
  for (std::size_t i = parsed_->size(); i < end; ++i) {
    v1::Event& event = parsed_->Add();
    // What follows it was read by the other thread, in the last batch of this memory, and is in that one's core.
    base::PrefetchToWrite(reinterpret_cast<const char*>(&event) + core::EventBuffer::kEventBytes,
                          core::EventBuffer::kEventBytes);
    if (!Parse(bytes(i), event)) {
      parsed_->Truncate(i);
      return false;
    }
  }
  return end < size();
}

std::string_view ReplayBatch::bytes(std::size_t index) const {
  ESCROW_ASSERT(index < ends_.size());
  const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
  return std::string_view(bytes_).substr(begin, ends_[index] - begin);
}

const v1::Event* ReplayBatch::parsed(std::size_t index) const {
  return index < parsed_->size() ? &(*parsed_)[index] : nullptr;
}

void ReplayBatch::Prefetch(std::size_t index) const {
  if (index < parsed_->size()) {
    parsed_->Prefetch(index);
  }
}

bool Parse(std::string_view bytes, v1::Event& event) {
  return event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

bool ReplayHandover::Ample() const {
  const std::lock_guard lock(mutex_);
  return given_ - taken_ >= kAmple && !stopped_;
}

bool ReplayHandover::Give(ReplayBatch& batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return given_ - taken_ < kBatches || stopped_; });
  if (stopped_) {
    return false;
  }
  std::swap(batches_[given_++ % kBatches], batch);
  changed_.notify_all();
  return true;
}

void ReplayHandover::End() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

bool ReplayHandover::Take(ReplayBatch& batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return given_ != taken_ || ended_; });
  if (given_ == taken_) {
    return false;
  }
  std::swap(batches_[taken_++ % kBatches], batch);
  changed_.notify_all();
  return true;
}

void ReplayHandover::Stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

}  // namespace escrow::engine
