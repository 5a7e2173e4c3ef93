#include "engine/fail_stop.h"

#include <cstdio>
#include <cstdlib>

namespace escrow::engine {
namespace {

void (*warn_handler)(const std::string&) = nullptr;

}  // namespace

void FailStop(const std::string& what) noexcept {
  std::fprintf(stderr, "escrow: stopping: %s\n", what.c_str());
  std::fflush(stderr);
  std::abort();
}

void Warn(const std::string& what) noexcept {
  if (warn_handler != nullptr) {
    warn_handler(what);
  } else {
    std::fprintf(stderr, "escrow: %s\n", what.c_str());
  }
}

void SetWarnHandler(void (*handler)(const std::string&)) noexcept { warn_handler = handler; }

}  // namespace escrow::engine
