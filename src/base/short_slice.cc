#include "base/short_slice.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace escrow::base {
namespace {

constexpr std::uint64_t kSliceNs = 100'000;          // the shortest that there is
constexpr std::uint64_t kNotForThreadsItStarts = 1;  // SCHED_FLAG_RESET_ON_FORK

// struct sched_attr of sched_setattr(2), as far as the first kernels had it. Not from <linux/sched/types.h>: of several
// versions that header contradicts <sched.h>.
struct Attributes {
  std::uint32_t size = sizeof(Attributes);
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime_ns = 0;  // in the default class: of a slice
  std::uint64_t deadline_ns = 0;
  std::uint64_t period_ns = 0;
};
static_assert(sizeof(Attributes) == 48);

constexpr pid_t kCallingThread = 0;
constexpr unsigned kNoFlags = 0;

}  // namespace

void AskForShortSlices() {
  Attributes attributes;
  if (syscall(SYS_sched_getattr, kCallingThread, &attributes, sizeof attributes, kNoFlags) != 0 ||
      (attributes.policy != SCHED_OTHER && attributes.policy != SCHED_BATCH)) {
    return;
  }
  attributes.policy = SCHED_OTHER;
  attributes.flags |= kNotForThreadsItStarts;
  attributes.runtime_ns = kSliceNs;
  (void)syscall(SYS_sched_setattr, kCallingThread, &attributes, kNoFlags);  // what is not granted costs speed alone
}

}  // namespace escrow::base
