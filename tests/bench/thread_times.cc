#include "bench/thread_times.h"

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace escrow::bench {

ThreadTimes ReadThreadTimes(pid_t process) {
  ThreadTimes times;
  const std::string folder = "/proc/" + std::to_string(process == 0 ? getpid() : process) + "/task";
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator(folder, gone)) {
    std::string name;
    std::uint64_t nanoseconds = 0;
    if (std::getline(std::ifstream(task.path() / "comm"), name) &&
        std::ifstream(task.path() / "schedstat") >> nanoseconds) {
      times[name] += static_cast<double>(nanoseconds) / 1e9;
    }
  }
  return times;
}

ThreadTimes MicrosecondsPerCommand(const ThreadTimes& before, const ThreadTimes& after, std::size_t commands) {
  ThreadTimes spent;
  for (const auto& [name, seconds] : after) {
    const auto earlier = before.find(name);
    const double since = seconds - (earlier == before.end() ? 0 : earlier->second);
    if (since > 0) {
      spent[name] = since * 1e6 / static_cast<double>(commands);
    }
  }
  return spent;
}

}  // namespace escrow::bench
