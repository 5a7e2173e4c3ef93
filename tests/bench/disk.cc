#include "bench/disk.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/assert.h"
#include "bench/stats.h"

namespace escrow::bench {

std::vector<std::int64_t> AppendDurably(const std::string& directory, std::size_t bytes, std::size_t count) {
  const std::string path = directory + "/fdatasync";
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ESCROW_ASSERT(file >= 0);
  const std::string data(bytes, 'd');
  std::vector<std::int64_t> latencies_ns;
  latencies_ns.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Clock::time_point begin = Clock::now();
    ESCROW_ASSERT(write(file, data.data(), data.size()) == static_cast<ssize_t>(data.size()));
    ESCROW_ASSERT(fdatasync(file) == 0);
    latencies_ns.push_back((Clock::now() - begin).count());
  }
  close(file);
  unlink(path.c_str());
  return latencies_ns;
}

}  // namespace escrow::bench
