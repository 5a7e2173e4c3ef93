#pragma once

#include <sys/types.h>

#include <cstddef>
#include <vector>

namespace escrow::base {

// The processor cores on which a thread may run, by their numbers, ascending (sched_getaffinity(2)); empty when the
// system does not tell. Of the calling thread, or of the one that the system calls `thread`.
[[nodiscard]] std::vector<std::size_t> CoresOfThread();
[[nodiscard]] std::vector<std::size_t> CoresOf(pid_t thread);

// Lets the calling thread run on these alone, and the threads that it starts from now on. A wish: when the system
// refuses, or `cores` is empty, nothing changes, which costs speed alone.
void KeepThreadOn(const std::vector<std::size_t>& cores);

}  // namespace escrow::base
