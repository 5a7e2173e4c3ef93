#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// What this layer does with files: small ones are replaced whole, and bytes are written and read in full.
//
// Threading: any. Errors: UNAVAILABLE, naming the file and what the operating system said; NOT_FOUND when it is not
// there.
namespace escrow::publish {

// Puts a file in the place of `path` that holds `bytes`, durably: whoever looks after a crash finds the old file or the
// new one, whole. Only its owner may read it.
[[nodiscard]] absl::Status ReplaceFile(const std::string& path, std::string_view bytes);

// The bytes of a small file. NOT_FOUND when there is none, DATA_LOSS when it is larger than `bytes_max`.
[[nodiscard]] absl::StatusOr<std::string> ReadFile(const std::string& path, std::size_t bytes_max);

// Writes all bytes at an offset; `path` is for the error.
[[nodiscard]] absl::Status WriteAll(int descriptor, const std::string& path, std::string_view bytes,
                                    std::uint64_t offset);
// Reads until `bytes` is full or the file ends; then `bytes` is cut.
[[nodiscard]] absl::Status ReadAll(int descriptor, const std::string& path, std::string& bytes, std::uint64_t offset);
// The status for errno: cannot `what` `path`.
[[nodiscard]] absl::Status FileError(std::string_view what, const std::string& path);

}  // namespace escrow::publish
