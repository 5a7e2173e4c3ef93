#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tlog/merkle.h"

// What the line formats of this folder have in common. Threading: pure functions; any thread.
namespace escrow::tlog {

// A number below 2^63 in the one way of writing it: ASCII digits, no leading zero. Nothing for any other text.
[[nodiscard]] std::optional<std::uint64_t> ParseNumber(std::string_view text);

// A hash in base 64, and back; nothing for any other text.
[[nodiscard]] std::string FormatHash(const Hash& hash);
[[nodiscard]] std::optional<Hash> ParseHash(std::string_view text);

// The next line of `rest`, without its newline, which both are taken off; nothing when no newline is left.
[[nodiscard]] std::optional<std::string_view> TakeLine(std::string_view& rest);

// Takes lines of hashes in base 64 off `rest`, and the empty line after them. `what` names the format in the error,
// which is InvalidArgument: a line that is no hash, more than kProofHashesMax of them, no empty line.
[[nodiscard]] absl::StatusOr<std::vector<Hash>> TakeHashes(std::string_view what, std::string_view& rest);

// A text from outside for an error message: in quotes, anything but visible ASCII as a point, cut after 80 bytes.
[[nodiscard]] std::string Quoted(std::string_view text);

// InvalidArgument with the reason.
[[nodiscard]] absl::Status Malformed(std::string_view reason);

}  // namespace escrow::tlog
