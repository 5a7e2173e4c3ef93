#pragma once

namespace escrow::base {

// 128-bit integers, for sums that must not overflow. An extension of GCC and Clang.
__extension__ using Wide = __int128;
__extension__ using UWide = unsigned __int128;

}  // namespace escrow::base
