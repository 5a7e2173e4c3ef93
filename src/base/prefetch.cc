#include "base/prefetch.h"

namespace escrow::base {

// Without the attribute g++ asks as for reading, as the first x86-64 processors did not all have the instruction; to
// those it is a no-op.
#if defined(__x86_64__)
__attribute__((target("prfchw")))
#endif
void PrefetchToWrite(const void* begin, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes; at += kCacheLineBytes) {
    __builtin_prefetch(static_cast<const char*>(begin) + at, /*rw=*/1);
  }
}

}  // namespace escrow::base
