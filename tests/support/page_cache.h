#pragma once

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "base/assert.h"

namespace escrow::test {

// Whether what is in a file of this folder can leave the system's cache: in memory (tmpfs) there is nowhere to go.
inline bool CacheCanShrink(const std::string& folder) {
  struct statfs info{};
  ESCROW_ASSERT(statfs(folder.c_str(), &info) == 0);
  return info.f_type != TMPFS_MAGIC;
}

// How many bytes of a file the system's cache has, in whole pages (mincore(2)).
inline std::size_t CachedBytes(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CLOEXEC);
  ESCROW_ASSERT(descriptor >= 0);
  struct stat info{};
  ESCROW_ASSERT(fstat(descriptor, &info) == 0);
  const auto size = static_cast<std::size_t>(info.st_size);
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* const bytes = mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
  ESCROW_ASSERT(bytes != MAP_FAILED);
  std::vector<unsigned char> pages((size + page - 1) / page);
  ESCROW_ASSERT(mincore(bytes, size, pages.data()) == 0);
  munmap(bytes, size);
  close(descriptor);
  return page * static_cast<std::size_t>(std::ranges::count_if(pages, [](unsigned char state) { return state & 1; }));
}

}  // namespace escrow::test
