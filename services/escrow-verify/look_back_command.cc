#include "look_back_command.h"

#include "audit/exports/look_back.h"
#include "print.h"

namespace escrow::verify {
namespace {

namespace exports = audit::exports;

}  // namespace

LookBackCommands::LookBackCommands(CLI::App& app) {
  look_back_ = app.add_subcommand("look-back", "How an agreement, a party or the ledger stood after any event");
  difference_ = app.add_subcommand("difference", "How an agreement, a party or the ledger differs between two events");
  for (CLI::App* command : {look_back_, difference_}) {
    input_.AddSource(*command);
    AddSubject(*command);
    command->add_flag("--json", json_, "Write one JSON object");
  }
  input_.AddMoment(*look_back_);
  difference_->add_option("--from", from_, "The event after which it begins, or a log time")->required();
  difference_->add_option("--to", to_, "The last event, or a log time (default: the newest checkpoint)");
}

void LookBackCommands::AddSubject(CLI::App& command) {
  CLI::Option_group& subject = *command.add_option_group("subject");
  subject.add_option("--party", party_, "platforms/{platform}/parties/{party}");
  subject.add_option("--agreement", agreement_, "platforms/{platform}/agreements/{agreement}");
  subject.add_flag("--ledger", ledger_, "Every account");
  subject.require_option(1);
}

bool LookBackCommands::parsed() const { return look_back_->parsed() || difference_->parsed(); }

int LookBackCommands::Run() const {
  const absl::StatusOr<std::string> text = look_back_->parsed() ? LookBackText() : DifferenceText();
  return Conclude(text.ok() ? input_.Write(*text) : text.status(), /*right=*/true);
}

absl::StatusOr<std::optional<exports::StatementSubject>> LookBackCommands::Subject() const {
  if (ledger_) {
    return std::optional<exports::StatementSubject>();
  }
  auto subject = ReadSubject(party_, agreement_);
  if (!subject.ok()) {
    return subject.status();
  }
  return std::optional(*std::move(subject));
}

absl::StatusOr<std::string> LookBackCommands::LookBackText() const {
  const auto subject = Subject();
  if (!subject.ok()) {
    return subject.status();
  }
  const absl::StatusOr<OpenedLog> log = input_.Open();
  if (!log.ok()) {
    return log.status();
  }
  const absl::StatusOr<exports::StateReport> report = FindState(*log->source, log->extent, *subject);
  if (!report.ok()) {
    return report.status();
  }
  return json_ ? report->Json() : report->Text();
}

absl::StatusOr<std::string> LookBackCommands::DifferenceText() const {
  const auto subject = Subject();
  if (!subject.ok()) {
    return subject.status();
  }
  const absl::StatusOr<OpenedLog> from = input_.OpenAt("--from", from_);
  if (!from.ok()) {
    return from.status();
  }
  const absl::StatusOr<OpenedLog> to = input_.OpenAt("--to", to_);
  if (!to.ok()) {
    return to.status();
  }
  const absl::StatusOr<exports::DifferenceReport> report =
      FindDifference(*to->source, from->extent, to->extent, *subject);
  if (!report.ok()) {
    return report.status();
  }
  return json_ ? JsonOf(*report) : TextOf(*report);
}

}  // namespace escrow::verify
