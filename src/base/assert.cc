#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace escrow::base {

void AssertFailed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "escrow: assertion failed: %s at %s:%d\n", expression, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace escrow::base
