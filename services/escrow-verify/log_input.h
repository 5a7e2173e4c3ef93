#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "audit/entry_source.h"
#include "audit/exports/statement.h"
#include "audit/exports/walk.h"

namespace escrow::verify {

// A log that was opened, and how much of it is meant.
struct OpenedLog {
  std::unique_ptr<audit::EntrySource> source;
  audit::exports::Extent extent;
};

// LogInput: the arguments by which subcommands are told of which log and as of which moment they shall speak, and where
// to.
//
// Threading: none. Lives as long as the program's arguments.
class LogInput {
 public:
  // The options for the log and for the file that is written.
  void AddSource(CLI::App& command);
  // The options for the moment, the end of what is read.
  void AddMoment(CLI::App& command);

  // InvalidArgument when --at is no time; errors of OpenSource and FindExtent.
  [[nodiscard]] absl::StatusOr<OpenedLog> Open() const;
  // The same as of an event's number or a time, as an option has it; the newest checkpoint when it is empty.
  // InvalidArgument when it is neither.
  [[nodiscard]] absl::StatusOr<OpenedLog> OpenAt(const std::string& option, const std::string& event_or_time) const;

  [[nodiscard]] const std::string& output() const { return output_; }
  // Writes a text to where it shall go. Errors: of OutputFile.
  [[nodiscard]] absl::Status Write(const std::string& text) const;

 private:
  [[nodiscard]] absl::StatusOr<OpenedLog> Open(const audit::exports::Moment& moment) const;

  std::string source_;
  std::uint64_t through_ = 0;  // 0: not given
  std::string at_;
  std::string output_ = "-";
};

// The subject that --party or --agreement names; REQUIRES: one of them is empty. InvalidArgument when it is none, or
// one of the other kind.
[[nodiscard]] absl::StatusOr<audit::exports::StatementSubject> ReadSubject(const std::string& party,
                                                                           const std::string& agreement);

}  // namespace escrow::verify
