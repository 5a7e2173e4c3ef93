#pragma once

namespace escrow::base {

// Asks the kernel to let the calling thread run as soon as it is woken, in the place of one that has run for a while,
// because it never keeps the processor for long: the default class, in slices of a tenth of a millisecond (sched(7),
// sched_setattr(2); kernels before 6.12 do not know such slices, and the wish has no effect there). Threads that it
// starts have slices as ever. Needs no privilege; what it asks for is not more time, only an earlier turn. A thread
// that was given another class than the default or batch (chrt, systemd's CPUSchedulingPolicy) is left alone.
//
// WHY: while the committer waits for its turn a group that could be on its way to the disk is not, and all who are in
// it wait (docs/PERFORMANCE.md, 39).
void AskForShortSlices();

}  // namespace escrow::base
