#include "sim/verdict.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/assert.h"

namespace escrow::sim {
namespace {

// Made ahead, so that a signal handler only has to write it.
std::string run_text;
std::string abort_text;
std::string signal_text;

void OnSignal(int number) {
  const std::string& text = number == SIGABRT ? abort_text : signal_text;
  if (write(STDERR_FILENO, text.data(), text.size()) < 0) {
    _exit(2);
  }
  _exit(1);
}

}  // namespace

std::string_view NameOf(Check check) {
  switch (check) {
    case Check::kOutcome:
      return "outcome";
    case Check::kEvents:
      return "events";
    case Check::kState:
      return "state";
    case Check::kAlarm:
      return "alarm";
    case Check::kLog:
      return "log";
    case Check::kAcknowledged:
      return "acknowledged";
    case Check::kReply:
      return "reply";
    case Check::kRefused:
      return "refused";
    case Check::kBatch:
      return "batch";
    case Check::kDigest:
      return "digest";
    case Check::kRoot:
      return "root";
    case Check::kLedger:
      return "ledger";
    case Check::kRecovery:
      return "recovery";
    case Check::kStopped:
      return "stopped";
    case Check::kLiveness:
      return "liveness";
  }
  base::AssertFailed("the check has a name", __FILE__, __LINE__);
}

void BeginRun(std::uint64_t seed, const std::string& repeat) {
  run_text = "in the run of seed " + std::to_string(seed) + "; repeat it with: " + repeat + "\n";
  abort_text = "violation: assertion: see above\n" + run_text;
  signal_text = "violation: signal: a broken pointer or the like\n" + run_text;
  for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    signal(number, OnSignal);
  }
}

void Violated(Check check, const std::string& what) {
  std::fflush(stdout);
  std::fprintf(stderr, "violation: %s: %s\n%s", std::string(NameOf(check)).c_str(), what.c_str(), run_text.c_str());
  std::fflush(stderr);
  std::_Exit(1);
}

}  // namespace escrow::sim
