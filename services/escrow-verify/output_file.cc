#include "output_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>

namespace escrow::verify {

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Open(const std::string& path) {
  if (path == "-") {
    return std::unique_ptr<OutputFile>(new OutputFile(""));
  }
  // WHY: "x" makes the file or fails; a stream has no such mode in C++20.
  std::FILE* made = std::fopen(path.c_str(), "wxe");
  if (made == nullptr) {
    return errno == EEXIST ? absl::AlreadyExistsError(path + " exists; it is not overwritten")
                           : absl::FailedPreconditionError("cannot make " + path + ": " + std::strerror(errno));
  }
  std::fclose(made);
  return std::unique_ptr<OutputFile>(new OutputFile(path));
}

OutputFile::OutputFile(const std::string& path) : path_(path) {
  if (!path_.empty()) {
    file_.open(path_, std::ios::binary);
  }
}

OutputFile::~OutputFile() {
  if (!finished_ && !path_.empty()) {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
}

std::ostream& OutputFile::stream() { return path_.empty() ? std::cout : file_; }

absl::Status OutputFile::Finish() {
  stream().flush();
  finished_ = stream().good();
  return finished_
             ? absl::OkStatus()
             : absl::FailedPreconditionError("cannot write all of " + (path_.empty() ? "standard output" : path_));
}

}  // namespace escrow::verify
