#include "audit/file_bytes.h"

#include <filesystem>
#include <fstream>

namespace escrow::audit {
namespace {

absl::Status Unreadable(const std::string& path) { return absl::FailedPreconditionError(path + " cannot be read"); }

}  // namespace

absl::StatusOr<std::uint64_t> BytesOf(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return absl::NotFoundError(path + " does not exist");
  }
  if (!std::filesystem::is_regular_file(status)) {
    return absl::FailedPreconditionError(path + " is no file");
  }
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  return error ? absl::StatusOr<std::uint64_t>(Unreadable(path)) : std::uint64_t{bytes};
}

absl::StatusOr<std::string> ReadPart(const std::string& path, std::uint64_t offset, std::size_t count) {
  const absl::StatusOr<std::uint64_t> size = BytesOf(path);
  if (!size.ok()) {
    return size.status();
  }
  std::string bytes;
  if (offset >= *size) {
    return bytes;
  }
  bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(count, *size - offset)));
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return file ? absl::StatusOr<std::string>(std::move(bytes)) : Unreadable(path);
}

absl::StatusOr<std::string> ReadWholeFile(const std::string& path, std::size_t bytes_max) {
  const absl::StatusOr<std::uint64_t> size = BytesOf(path);
  if (!size.ok()) {
    return size.status();
  }
  if (*size > bytes_max) {
    return absl::ResourceExhaustedError(path + " has " + std::to_string(*size) + " bytes, more than " +
                                        std::to_string(bytes_max));
  }
  return ReadPart(path, 0, static_cast<std::size_t>(*size));
}

}  // namespace escrow::audit
