#include "audit/evidence/pack_files.h"

#include <filesystem>
#include <fstream>
#include <system_error>

#include "audit/file_bytes.h"

namespace escrow::audit::evidence {
namespace {

namespace fs = std::filesystem;

absl::Status WriteFile(const fs::path& path, const std::string& bytes) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  return file ? absl::OkStatus() : absl::FailedPreconditionError(path.string() + " cannot be written");
}

}  // namespace

std::string ReceiptName(std::uint64_t sequence) {
  return std::string(kReceipts) + std::to_string(sequence) + ".tlog-proof";
}

bool IsIn(std::string_view name, std::string_view folder) {
  return name.starts_with(folder) && name.size() > folder.size() &&
         name.find('/', folder.size()) == std::string_view::npos;
}

absl::StatusOr<Files> ReadFolder(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    return absl::InvalidArgumentError(path + " is no folder");
  }
  Files files;
  std::size_t bytes = 0;
  fs::recursive_directory_iterator entry(path, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const fs::file_status status = entry->symlink_status(error);
    if (error || fs::is_directory(status)) {
      continue;
    }
    if (!fs::is_regular_file(status)) {
      return absl::InvalidArgumentError(entry->path().string() + " is neither a file nor a folder");
    }
    absl::StatusOr<std::string> file = ReadWholeFile(entry->path().string(), kFileBytesMax);
    if (!file.ok()) {
      return file.status();
    }
    bytes += file->size();
    files.emplace(entry->path().lexically_relative(path).generic_string(), *std::move(file));
    if (bytes > kPackBytesMax || files.size() > kFilesMax) {
      return absl::ResourceExhaustedError(path + " has more than " + std::to_string(kFilesMax) + " files or " +
                                          std::to_string(kPackBytesMax) + " bytes");
    }
  }
  return error ? absl::FailedPreconditionError(path + " cannot be read: " + error.message())
               : absl::StatusOr<Files>(std::move(files));
}

absl::Status WriteFolder(const std::string& path, const Files& files) {
  std::error_code error;
  if (!fs::create_directory(path, error)) {
    return fs::exists(path) ? absl::AlreadyExistsError(path + " exists; it is not overwritten")
                            : absl::FailedPreconditionError("cannot make " + path + ": " + error.message());
  }
  for (const auto& [name, bytes] : files) {
    if (absl::Status written = WriteFile(fs::path(path) / name, bytes); !written.ok()) {
      fs::remove_all(path, error);
      return written;
    }
  }
  return absl::OkStatus();
}

}  // namespace escrow::audit::evidence
