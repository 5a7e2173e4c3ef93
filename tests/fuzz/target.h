#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

// What every fuzz target defines: takes one input from outside and returns 0. It must neither crash, nor read what is
// not its own, nor take memory beyond measure; and what it asserts about the result must hold for every input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace escrow::fuzz {

[[nodiscard]] inline std::string_view View(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace escrow::fuzz
