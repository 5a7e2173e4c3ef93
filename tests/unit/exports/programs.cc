#include "unit/exports/programs.h"

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "base/assert.h"

namespace escrow::audit::exports::test {

Ran RunShell(const std::string& command) {
  FILE* pipe = popen(("{ " + command + "; } 2>&1").c_str(), "r");
  ESCROW_ASSERT(pipe != nullptr);
  Ran ran;
  std::array<char, 4096> bytes{};
  for (std::size_t count = 0; (count = std::fread(bytes.data(), 1, bytes.size(), pipe)) > 0;) {
    ran.output.append(bytes.data(), count);
  }
  const int status = pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

bool IsInstalled(const std::string& program) { return RunShell("command -v " + program).status == 0; }

void WriteFile(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

}  // namespace escrow::audit::exports::test
