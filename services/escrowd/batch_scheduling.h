#pragma once

namespace escrow::daemon {

// Asks the kernel not to take the processor from whoever has it each time that a thread of this process is woken
// (SCHED_BATCH, sched(7)); a thread that finds an idle processor runs at once, as ever. For the calling thread and all
// that are started by it afterwards: call it before there are others. Needs no privilege. Whoever gave the process
// another policy (chrt, systemd's CPUSchedulingPolicy) is obeyed.
//
// WHY: a command passes several threads that each work for some microseconds. While all cores are busy, a thread that
// is woken for each command and pushes another one aside finds one command to do; one that waits for its turn finds
// several, and shares a wake-up, a sync and a warm cache among them. docs/PERFORMANCE.md has what it gives. For one of
// them all others wait: the committer asks for the opposite (base/short_slice.h).
void AskForBatchScheduling();

}  // namespace escrow::daemon
