#pragma once

#include <cstddef>
#include <string>

namespace escrow::crypto {

// `size` bytes that nobody can guess, from the operating system's generator: for the names of logs and for keys. Never
// in the core. Any thread. The process stops when the system has none to give.
[[nodiscard]] std::string RandomBytes(std::size_t size);

}  // namespace escrow::crypto
