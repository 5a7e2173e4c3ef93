#pragma once

// Assertions state what the program believes. They are always on: a wrong belief about money stops the process before
// it lies. Never assert on input from outside or on the result of I/O.

namespace escrow::base {

// Prints the failed expression with its place to stderr and aborts. Any thread.
[[noreturn]] void AssertFailed(const char* expression, const char* file, int line) noexcept;

}  // namespace escrow::base

#define ESCROW_ASSERT(condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : ::escrow::base::AssertFailed(#condition, __FILE__, __LINE__))
