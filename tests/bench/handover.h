#pragma once

namespace escrow::bench {

// How long a word takes from one core to another and back: nanoseconds, the mean of 100,000 times; 0 where there is one
// core. On a virtual machine it depends on where the host runs the cores just then, and with it everything that two
// threads do together (docs/PERFORMANCE.md, 30).
[[nodiscard]] double HandoverNanoseconds();

}  // namespace escrow::bench
