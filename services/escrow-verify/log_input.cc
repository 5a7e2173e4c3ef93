#include "log_input.h"

#include <charconv>

#include "output_file.h"

namespace escrow::verify {

void LogInput::AddSource(CLI::App& command) {
  command.add_option("source", source_, "A folder of tiles, a data directory, or a http or https URL of tiles")
      ->required();
  command.add_option("--output", output_, "A file that does not exist yet, or - for standard output (default)");
}

void LogInput::AddMoment(CLI::App& command) {
  auto* through = command.add_option("--through", through_, "The last event (default: that of the newest checkpoint)")
                      ->check(CLI::PositiveNumber);
  command.add_option("--at", at_, "Only events up to this log time, as 2026-11-20T10:00:00Z")->excludes(through);
}

absl::StatusOr<OpenedLog> LogInput::Open() const {
  audit::exports::Moment moment;
  if (through_ > 0) {
    moment.through = through_;
  }
  if (!at_.empty()) {
    const absl::StatusOr<audit::Nanos> at = audit::exports::ParseTime(at_);
    if (!at.ok()) {
      return absl::InvalidArgumentError("--at: " + std::string(at.status().message()));
    }
    moment.at = *at;
  }
  return Open(moment);
}

absl::StatusOr<OpenedLog> LogInput::OpenAt(const std::string& option, const std::string& event_or_time) const {
  audit::exports::Moment moment;
  std::uint64_t event = 0;
  const char* end = event_or_time.data() + event_or_time.size();
  const auto read = std::from_chars(event_or_time.data(), end, event);
  if (read.ec == std::errc() && read.ptr == end && event > 0) {
    moment.through = event;
  } else if (!event_or_time.empty()) {
    const absl::StatusOr<audit::Nanos> time = audit::exports::ParseTime(event_or_time);
    if (!time.ok()) {
      return absl::InvalidArgumentError(option + ": '" + event_or_time +
                                        "' is neither the number of an event nor a time such as 2026-11-20T10:00:00Z");
    }
    moment.at = *time;
  }
  return Open(moment);
}

absl::StatusOr<OpenedLog> LogInput::Open(const audit::exports::Moment& moment) const {
  absl::StatusOr<std::unique_ptr<audit::EntrySource>> source = audit::OpenSource(source_);
  if (!source.ok()) {
    return source.status();
  }
  absl::StatusOr<audit::exports::Extent> extent = FindExtent(**source, moment);
  if (!extent.ok()) {
    return extent.status();
  }
  return OpenedLog{.source = *std::move(source), .extent = *std::move(extent)};
}

absl::StatusOr<audit::exports::StatementSubject> ReadSubject(const std::string& party, const std::string& agreement) {
  absl::StatusOr<audit::exports::StatementSubject> subject =
      audit::exports::ParseSubject(party.empty() ? agreement : party);
  if (subject.ok() && subject->party.empty() != party.empty()) {
    return absl::InvalidArgumentError(party.empty() ? "--agreement names a party" : "--party names an agreement");
  }
  return subject;
}

absl::Status LogInput::Write(const std::string& text) const {
  const auto file = OutputFile::Open(output_);
  if (!file.ok()) {
    return file.status();
  }
  (*file)->stream() << text;
  return (*file)->Finish();
}

}  // namespace escrow::verify
