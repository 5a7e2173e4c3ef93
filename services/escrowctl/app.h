#pragma once

namespace escrow::ctl {

// The whole program: parses the command line, does what it asks, and returns the exit code (see errors.h). Everything
// that is asked for goes to stdout, everything else to stderr.
int RunApp(int argc, const char* const* argv);

}  // namespace escrow::ctl
