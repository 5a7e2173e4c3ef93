#include "base/cores.h"

#include <sched.h>

namespace escrow::base {
namespace {

constexpr pid_t kCallingThread = 0;

}  // namespace

std::vector<std::size_t> CoresOfThread() { return CoresOf(kCallingThread); }

std::vector<std::size_t> CoresOf(pid_t thread) {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<std::size_t> cores;
  if (sched_getaffinity(thread, sizeof set, &set) == 0) {
    for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
      if (CPU_ISSET(core, &set)) {
        cores.push_back(core);
      }
    }
  }
  return cores;
}

void KeepThreadOn(const std::vector<std::size_t>& cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const std::size_t core : cores) {
    CPU_SET(core, &set);
  }
  if (!cores.empty()) {
    (void)sched_setaffinity(kCallingThread, sizeof set, &set);
  }
}

}  // namespace escrow::base
