#include "engine/event_bytes.h"

#include "base/assert.h"

namespace escrow::engine {

void AppendEvent(const v1::Event& event, journal::Group& group) {
  if (group.ends.empty()) {
    group.first_sequence = event.sequence();
  }
  ESCROW_ASSERT(event.sequence() == group.last_sequence() + 1);
  const std::size_t begin = group.bytes.size();
  const bool encoded = event.AppendToString(&group.bytes);
  ESCROW_ASSERT(encoded);
  ESCROW_ASSERT(group.bytes.size() - begin <= kEventBytesMax);
  group.ends.push_back(static_cast<std::uint32_t>(group.bytes.size()));
}

}  // namespace escrow::engine
