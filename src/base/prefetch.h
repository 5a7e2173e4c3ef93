#pragma once

#include <cstddef>

// Asking for memory some time before it is needed, so that it has come by then. Any address may be asked for, also one
// that is nobody's: it changes nothing but time.
namespace escrow::base {

inline constexpr std::size_t kCacheLineBytes = 64;

// The bytes from `begin` on will be read.
inline void PrefetchToRead(const void* begin, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes; at += kCacheLineBytes) {
    __builtin_prefetch(static_cast<const char*>(begin) + at);
  }
}

// They will be written: takes them away from the other cores, which have perhaps read them before.
void PrefetchToWrite(const void* begin, std::size_t bytes);

}  // namespace escrow::base
