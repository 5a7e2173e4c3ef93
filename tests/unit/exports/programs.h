#pragma once

#include <string>

namespace escrow::audit::exports::test {

// What a program said and how it ended.
struct Ran {
  int status = 0;  // 127: the program is not installed
  std::string output;
};

// Runs a command of the shell; output and errors together.
[[nodiscard]] Ran RunShell(const std::string& command);

// Whether a program is installed.
[[nodiscard]] bool IsInstalled(const std::string& program);

void WriteFile(const std::string& path, const std::string& text);

}  // namespace escrow::audit::exports::test
