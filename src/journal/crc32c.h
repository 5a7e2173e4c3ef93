#pragma once

#include <cstdint>
#include <string_view>

namespace escrow::journal {

// CRC-32C (Castagnoli; RFC 3720 appendix B.4) of `data`, going on from `crc`, that of the bytes before (0 at first).
// Uses the processor's instruction where there is one. It finds accidents, not attacks: those are what the Merkle root
// is for.
[[nodiscard]] std::uint32_t Crc32c(std::uint32_t crc, std::string_view data);

// The same without the processor's instruction; for tests.
[[nodiscard]] std::uint32_t Crc32cPortable(std::uint32_t crc, std::string_view data);

}  // namespace escrow::journal
