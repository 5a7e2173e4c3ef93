#pragma once

#include <cstdint>
#include <string>

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

[[nodiscard]] std::string TextOf(const audit::Report& report);
[[nodiscard]] std::string JsonOf(const audit::Report& report);

[[nodiscard]] std::string TextOf(const audit::CheckpointReport& report);
[[nodiscard]] std::string JsonOf(const audit::CheckpointReport& report);

[[nodiscard]] std::string TextOf(const audit::ReceiptReport& report);
[[nodiscard]] std::string JsonOf(const audit::ReceiptReport& report);

}  // namespace escrow::verify
