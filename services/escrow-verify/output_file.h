#pragma once

#include <fstream>
#include <memory>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace escrow::verify {

// OutputFile: where a command writes: a file that it makes, or standard output. A file that is not finished is removed.
//
// Threading: none.
class OutputFile {
 public:
  // Path, or "-" for standard output. AlreadyExists when the file is there: none is overwritten; FailedPrecondition
  // when it cannot be made.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<OutputFile>> Open(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  [[nodiscard]] std::ostream& stream();
  // Everything has been written. FailedPrecondition when not all of it arrived.
  [[nodiscard]] absl::Status Finish();

 private:
  explicit OutputFile(const std::string& path);

  std::string path_;  // empty: standard output
  std::ofstream file_;
  bool finished_ = false;
};

}  // namespace escrow::verify
