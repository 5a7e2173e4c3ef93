#include "batch_scheduling.h"

#include <sched.h>

namespace escrow::daemon {

void AskForBatchScheduling() {
  constexpr pid_t kCallingThread = 0;
  if (sched_getscheduler(kCallingThread) != SCHED_OTHER) {
    return;
  }
  const sched_param none{};
  (void)sched_setscheduler(kCallingThread, SCHED_BATCH, &none);  // a wish that is not granted costs speed alone
}

}  // namespace escrow::daemon
