#pragma once

#include <string>

namespace escrow::engine {

// Ends the process at once with one line on stderr: `what` has happened and nobody can say any more what is durable.
// Going on could tell a client something that a restart takes back. Any thread.
[[noreturn]] void FailStop(const std::string& what) noexcept;

// Tells of something that the engine coped with: one line on stderr, unless somebody else takes it. Any thread.
void Warn(const std::string& what) noexcept;

// Gives warnings to `handler` instead, on the thread that warns; null: to stderr again. Not while an engine runs.
void SetWarnHandler(void (*handler)(const std::string& what)) noexcept;

}  // namespace escrow::engine
