#include "engine/encoder.h"

#include "base/assert.h"

namespace escrow::engine {

void Encoder::Add(const v1::Event& event, journal::Group& group) {
  ESCROW_ASSERT(event.sequence() == tree_.size() + 1);
  if (group.ends.empty()) {
    group.first_sequence = event.sequence();
  }
  const std::size_t begin = group.bytes.size();
  const bool encoded = event.AppendToString(&group.bytes);
  ESCROW_ASSERT(encoded);
  ESCROW_ASSERT(group.bytes.size() - begin <= kEventBytesMax);
  group.ends.push_back(static_cast<std::uint32_t>(group.bytes.size()));
  tree_.Append(hasher_.Leaf(group.event(group.ends.size() - 1)), hasher_);
}

}  // namespace escrow::engine
