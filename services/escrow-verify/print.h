#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "audit/evidence/check.h"
#include "audit/receipt.h"
#include "audit/verify.h"

// What the program says, as text for people or as one JSON object for programs.
namespace escrow::verify {

// What the program exits with.
enum class Exit : std::uint8_t {
  kRight = 0,
  kWrong = 1,       // the log, receipt or checkpoint is wrong: a lie or damage
  kUnusable = 2,    // the arguments make no sense, or the input cannot be read
  kIncomplete = 3,  // nothing was found wrong, and something that was asked for could not be checked
};

[[nodiscard]] Exit ExitOf(const audit::Report& report);
// The exit code of a command that has written what it had to say: wrong when it found a difference (`right` is false)
// or fails with DataLoss. Says a failure on stderr.
[[nodiscard]] int Conclude(const absl::Status& done, bool right);

[[nodiscard]] std::string TextOf(const audit::Report& report);
[[nodiscard]] std::string JsonOf(const audit::Report& report);

[[nodiscard]] std::string TextOf(const audit::CheckpointReport& report);
[[nodiscard]] std::string JsonOf(const audit::CheckpointReport& report);

[[nodiscard]] std::string TextOf(const audit::ReceiptReport& report);
[[nodiscard]] std::string JsonOf(const audit::ReceiptReport& report);

[[nodiscard]] std::string TextOf(const audit::evidence::PackReport& report);
[[nodiscard]] std::string JsonOf(const audit::evidence::PackReport& report);

}  // namespace escrow::verify
