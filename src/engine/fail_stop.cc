#include "engine/fail_stop.h"

#include <cstdio>
#include <cstdlib>

namespace escrow::engine {

void FailStop(const std::string& what) noexcept {
  std::fprintf(stderr, "escrow: stopping: %s\n", what.c_str());
  std::fflush(stderr);
  std::abort();
}

void Warn(const std::string& what) noexcept { std::fprintf(stderr, "escrow: %s\n", what.c_str()); }

}  // namespace escrow::engine
