#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "escrow/v1/command.pb.h"
#include "journal/journal.h"

namespace rocksdb {
class Env;
}

// A short life of a server, for tests that let the disk fail at each of its calls: open, commands, snapshot, more
// commands, close, and open, commands, close again.
namespace escrow::test {

// The commands of the script by the number of their request id, as they are sent.
[[nodiscard]] std::map<std::uint64_t, v1::Command> ScriptCommands();

// Runs the script in `directory`. Writes an Ack (crash/load.h) to `pipe` for each command, once its reply was given.
// Returns 0, or 1 when the log could not be opened; a fault in the middle aborts the process.
[[nodiscard]] int RunScript(const std::string& directory, int pipe, rocksdb::Env* env);

// Starts on what the script left, as escrowd does, and checks what was acknowledged (`pipe_bytes` as read from the
// pipe): every command is in the log where it was said to be, once and unchanged; the ledger adds up; the state is that
// of a replay from zero. Gives what is wrong first, empty when nothing is.
[[nodiscard]] std::string CheckScript(const std::string& directory, const std::string& pipe_bytes, rocksdb::Env* env);

}  // namespace escrow::test
