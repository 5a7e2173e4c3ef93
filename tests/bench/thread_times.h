#pragma once

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <string>

namespace escrow::bench {

// Seconds of processor time by the name of the thread, of those of its threads that still run. Several threads of a
// name count together.
using ThreadTimes = std::map<std::string, double>;

// Of a process; 0 is this one. What cannot be read is left out.
[[nodiscard]] ThreadTimes ReadThreadTimes(pid_t process);

// What each thread spent since `before`, in microseconds per command.
[[nodiscard]] ThreadTimes MicrosecondsPerCommand(const ThreadTimes& before, const ThreadTimes& after,
                                                 std::size_t commands);

}  // namespace escrow::bench
