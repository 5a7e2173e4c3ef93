#pragma once

// The limit of a call: a gRPC server that does nothing (echo.proto).
namespace escrow::bench {

// Serves Echo on a free port of loopback, writes "port N" to standard output, and returns at the end of standard input.
// Returns the exit code.
int ServeEcho();

}  // namespace escrow::bench
