#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace escrow::bench {

// The limit of durability: `count` times, `bytes` are appended to a new file in `directory` and made durable by
// fdatasync. Returns how long each took, in nanoseconds.
[[nodiscard]] std::vector<std::int64_t> AppendDurably(const std::string& directory, std::size_t bytes,
                                                      std::size_t count);

}  // namespace escrow::bench
