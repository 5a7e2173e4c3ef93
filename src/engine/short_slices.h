#pragma once

namespace escrow::engine {

// Asks the kernel to give the calling thread the processor soon after it is woken, for a short time each turn.
//
// WHY: every reply passes three threads that each work for some microseconds and then wait. With more busy threads than
// cores (gRPC's, and clients on the same machine) the kernel lets each of those run for some milliseconds before it
// looks at one that was woken. A short slice is what a thread may ask for without any privilege; the share of the
// processor stays what it was. Linux 6.12 and later know it; older ones take no notice.
void AskForShortSlices();

}  // namespace escrow::engine
