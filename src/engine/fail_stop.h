#pragma once

#include <string>

namespace escrow::engine {

// Ends the process at once with one line on stderr: `what` has happened and nobody can say any more what is durable.
// Going on could tell a client something that a restart takes back. Any thread.
[[noreturn]] void FailStop(const std::string& what) noexcept;

// One line on stderr about something that the engine coped with.
void Warn(const std::string& what) noexcept;

}  // namespace escrow::engine
