#include "publish/showcase.h"

namespace escrow::publish {

bool Showcase::KeepsUp(const SharedCheckpoint& newest, const SharedCheckpoint& cosigned, Time now) {
  if (cosigned == nullptr) {
    return false;
  }
  const std::uint64_t size = cosigned->checkpoint.size;
  if (size == newest->checkpoint.size) {
    behind_since_.reset();
  } else if (!behind_since_ || size > cosigned_size_) {
    behind_since_ = now;
  }
  cosigned_size_ = size;
  return !behind_since_ || now - *behind_since_ <= patience_;
}

SharedCheckpoint Showcase::Choose(const SharedCheckpoint& newest, const SharedCheckpoint& cosigned, Time now) {
  if (!KeepsUp(newest, cosigned, now)) {
    shown_ = newest;
  } else if (shown_ == nullptr || cosigned->checkpoint.size >= shown_->checkpoint.size) {
    shown_ = cosigned;
  }
  return shown_;
}

}  // namespace escrow::publish
