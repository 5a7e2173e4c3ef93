#include "journal/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace escrow::journal {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // reflected

constexpr std::array<std::uint32_t, 256> MakeTable() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    }
    table[byte] = crc;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kTable = MakeTable();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t Crc32cInstruction(std::uint32_t crc, std::string_view data) {
  std::uint64_t wide = ~crc;
  std::size_t done = 0;
  for (; data.size() - done >= 8; done += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data.data() + done, 8);
    wide = _mm_crc32_u64(wide, word);
  }
  auto narrow = static_cast<std::uint32_t>(wide);
  for (; done < data.size(); ++done) {
    narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(data[done]));
  }
  return ~narrow;
}
#endif

}  // namespace

std::uint32_t Crc32cPortable(std::uint32_t crc, std::string_view data) {
  crc = ~crc;
  for (const char byte : data) {
    crc = (crc >> 8) ^ kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xff];
  }
  return ~crc;
}

std::uint32_t Crc32c(std::uint32_t crc, std::string_view data) {
#if defined(__x86_64__)
  static const bool kHasInstruction = __builtin_cpu_supports("sse4.2") != 0;
  if (kHasInstruction) {
    return Crc32cInstruction(crc, data);
  }
#endif
  return Crc32cPortable(crc, data);
}

}  // namespace escrow::journal
