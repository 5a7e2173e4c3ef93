#include "engine/short_slices.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace escrow::engine {
namespace {

constexpr std::uint64_t kSliceNs = 100'000;  // the shortest that the kernel grants

// struct sched_attr of sched_setattr(2), first version; glibc has it only from 2.41 on.
struct SchedulingAttributes {
  std::uint32_t size = sizeof(SchedulingAttributes);
  std::uint32_t policy = 0;  // SCHED_OTHER
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;  // SCHED_OTHER: the slice
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};

}  // namespace

void AskForShortSlices() {
  constexpr pid_t kCallingThread = 0;
  SchedulingAttributes attributes;
  if (syscall(SYS_sched_getattr, kCallingThread, &attributes, sizeof(attributes), 0) != 0) {
    return;  // a hint that cannot be given is no error
  }
  attributes.size = sizeof(attributes);
  attributes.runtime = kSliceNs;
  (void)syscall(SYS_sched_setattr, kCallingThread, &attributes, 0);
}

}  // namespace escrow::engine
