#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// How a violation is told. The process ends with it: nothing after a violation can be trusted.
namespace escrow::sim {

// The checks, by the name that a violation is told with.
enum class Check : std::uint8_t {
  kOutcome,       // a reply has another reason than the model says
  kEvents,        // the events of a command are not those that the model says
  kState,         // balances, states or timers are not those of the model
  kAlarm,         // a timer went off too early, or was passed over
  kLog,           // the log is not well-formed: order, causes, bookkeeping, commands that nobody sent
  kAcknowledged,  // something acknowledged is not in the log, or not as it was told
  kReply,         // replies out of order, twice, or other than the first time
  kRefused,       // something refused is in the log
  kBatch,         // an atomic batch happened in part
  kDigest,        // the state is not the one that replay gives
  kRoot,          // the Merkle root is not that of the events, or there were two for one size
  kLedger,        // the ledger does not add up
  kRecovery,      // the engine does not open on what the disk holds, or opens on damage
  kStopped,       // the engine stopped although nothing had failed
  kLiveness,      // something does not end although everything works
};
[[nodiscard]] std::string_view NameOf(Check check);

// From now on the run of this seed is the one that violates. `repeat` is the command that repeats it. Catches aborts
// of assertions, too, which are told as the check "assertion", and what broken pointers lead to ("signal").
void BeginRun(std::uint64_t seed, const std::string& repeat);

// Tells on stderr what is wrong and in which run, and ends the process with exit code 1.
[[noreturn]] void Violated(Check check, const std::string& what);

}  // namespace escrow::sim
