#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "escrow/v1/command.pb.h"

namespace escrow::test {

// What the child tells its parent of each acknowledged command.
struct Ack {
  std::uint64_t number = 0;  // of the request id
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
};

// Serves a log in `directory` and loads it from several threads until it is killed; writes each acknowledgement to
// `pipe`, once the reply was given and not before. Returns only on errors. `round` keeps the request ids of one life
// apart from those of the others.
[[nodiscard]] int RunLoad(const std::string& directory, int pipe, std::uint64_t round, std::uint64_t seed);

}  // namespace escrow::test
