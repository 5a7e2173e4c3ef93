#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace escrow::audit {

// A whole file. Errors: NotFound when there is none; ResourceExhausted when it has more than `bytes_max` bytes;
// FailedPrecondition when it cannot be read.
[[nodiscard]] absl::StatusOr<std::string> ReadWholeFile(const std::string& path, std::size_t bytes_max);

// `count` bytes of a file from `offset` on; fewer when it ends before. Errors: as above.
[[nodiscard]] absl::StatusOr<std::string> ReadPart(const std::string& path, std::uint64_t offset, std::size_t count);

// How many bytes a file has. Errors: as above.
[[nodiscard]] absl::StatusOr<std::uint64_t> BytesOf(const std::string& path);

}  // namespace escrow::audit
