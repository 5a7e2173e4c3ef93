#include "export_command.h"

#include "audit/entry_source.h"
#include "audit/exports/bank.h"
#include "audit/exports/export.h"
#include "audit/exports/ledger.h"
#include "audit/exports/reconciliation.h"
#include "audit/exports/safeguarding.h"
#include "audit/exports/sqlite.h"
#include "audit/exports/statement.h"
#include "audit/exports/trial_balance.h"
#include "audit/file_bytes.h"
#include "audit/text.h"
#include "output_file.h"
#include "print.h"

namespace escrow::verify {
namespace {

namespace exports = audit::exports;

constexpr std::size_t kBankStatementBytesMax = std::size_t{256} << 20U;

// Gives every event to the takers, in order and until one fails, and tells as of when that is.
template <typename... Takers>
absl::StatusOr<exports::AsOf> WalkAll(audit::EntrySource& source, const exports::Extent& extent, Takers&&... takers) {
  exports::AsOf as_of;
  const auto take = [&](const v1::Event& event) {
    absl::Status taken;
    const auto give = [&](auto& taker) {
      taken = taker(event);
      return taken.ok();
    };
    static_cast<void>((give(takers) && ...));
    if (event.sequence() == extent.through) {
      as_of = exports::MakeAsOf(extent, event);
    }
    return taken;
  };
  if (absl::Status walked = Walk(source, extent, take); !walked.ok()) {
    return walked;
  }
  return as_of;
}

// A function that gives an event to something that has Take().
template <typename Object>
auto To(Object& object) {
  return [&object](const v1::Event& event) { return object.Take(event); };
}

// REQUIRES: the format is one of those that are written to a stream.
std::unique_ptr<exports::Export> NewStreamExport(const std::string& format, const exports::Extent& extent,
                                                 std::ostream& out) {
  if (format == "hledger") {
    return NewHledgerExport(extent, out);
  }
  if (format == "beancount") {
    return NewBeancountExport(extent, out);
  }
  return format == "csv" ? exports::NewCsvExport(out) : exports::NewJsonLinesExport(out);
}

absl::Status WriteAll(audit::EntrySource& source, const exports::Extent& extent, exports::Export& to) {
  absl::Status done = Walk(source, extent, To(to));
  done.Update(done.ok() ? to.Finish() : absl::OkStatus());
  return done;
}

}  // namespace

ExportCommands::ExportCommands(CLI::App& app) {
  export_ = app.add_subcommand("export", "Write a log in a form that other programs read");
  input_.AddSource(*export_);
  input_.AddMoment(*export_);
  export_->add_option("--format", format_, "hledger, beancount, csv (postings), jsonl (events) or sqlite")
      ->required()
      ->check(CLI::IsMember({"hledger", "beancount", "csv", "jsonl", "sqlite"}));

  report_ = app.add_subcommand("report", "Say what a log comes to");
  report_->require_subcommand(1);
  trial_balance_ = report_->add_subcommand("trial-balance", "The sums of the accounts of each kind");
  statement_ = report_->add_subcommand("statement", "What moved on the accounts of a party or an agreement");
  reconciliation_ = report_->add_subcommand("reconciliation", "Bank book, ledger and agreements against each other");
  safeguarding_ = report_->add_subcommand("safeguarding", "What clients are owed against what is at the bank");
  for (CLI::App* report : {trial_balance_, statement_, reconciliation_, safeguarding_}) {
    input_.AddSource(*report);
    input_.AddMoment(*report);
    report->add_flag("--json", json_, "Write one JSON object");
  }
  CLI::Option_group& subject = *statement_->add_option_group("subject");
  subject.add_option("--party", party_, "platforms/{platform}/parties/{party}");
  subject.add_option("--agreement", agreement_, "platforms/{platform}/agreements/{agreement}");
  subject.require_option(1);
  statement_->add_option("--from", from_, "The first event that is listed; those before are in the opening balance")
      ->check(CLI::PositiveNumber);
  reconciliation_->add_option("--platform", platform_, "Only platforms/{platform}");
  reconciliation_->add_option("--bank", bank_,
                              "A bank statement to compare with: CSV with date,minor_units,currency,reference");
}

bool ExportCommands::parsed() const { return export_->parsed() || report_->parsed(); }

int ExportCommands::Run() const {
  bool right = true;
  const absl::Status done = export_->parsed() ? RunExport() : RunReport(right);
  return Conclude(done, right);
}

absl::Status ExportCommands::RunExport() const {
  if (format_ == "sqlite" && input_.output() == "-") {
    return absl::InvalidArgumentError("--format sqlite needs --output FILE: a database cannot be written to a pipe");
  }
  const absl::StatusOr<OpenedLog> log = input_.Open();
  if (!log.ok()) {
    return log.status();
  }
  if (format_ == "sqlite") {
    const auto made = exports::NewSqliteExport(log->extent, input_.output());
    return made.ok() ? WriteAll(*log->source, log->extent, **made) : made.status();
  }
  const auto file = OutputFile::Open(input_.output());
  if (!file.ok()) {
    return file.status();
  }
  const auto made = NewStreamExport(format_, log->extent, (*file)->stream());
  absl::Status done = WriteAll(*log->source, log->extent, *made);
  done.Update(done.ok() ? (*file)->Finish() : absl::OkStatus());
  return done;
}

absl::Status ExportCommands::RunReport(bool& right) const {
  const absl::StatusOr<std::string> text = trial_balance_->parsed()    ? TrialBalance()
                                           : statement_->parsed()      ? Statement()
                                           : reconciliation_->parsed() ? Reconciliation(right)
                                                                       : Safeguarding(right);
  return text.ok() ? input_.Write(*text) : text.status();
}

absl::StatusOr<std::string> ExportCommands::TrialBalance() const {
  const absl::StatusOr<OpenedLog> log = input_.Open();
  if (!log.ok()) {
    return log.status();
  }
  exports::Ledger ledger;
  const absl::StatusOr<exports::AsOf> as_of = WalkAll(*log->source, log->extent, To(ledger));
  if (!as_of.ok()) {
    return as_of.status();
  }
  return json_ ? TrialBalanceJson(*as_of, ledger.books()) : TrialBalanceText(*as_of, ledger.books());
}

absl::StatusOr<std::string> ExportCommands::Statement() const {
  const auto subject = ReadSubject(party_, agreement_);
  if (!subject.ok()) {
    return subject.status();
  }
  const absl::StatusOr<OpenedLog> log = input_.Open();
  if (!log.ok()) {
    return log.status();
  }
  if (from_ > log->extent.through) {
    return absl::InvalidArgumentError("--from " + std::to_string(from_) + " lies behind the last event, " +
                                      std::to_string(log->extent.through));
  }
  exports::Statement statement(*subject, from_);
  const absl::StatusOr<exports::AsOf> as_of = WalkAll(*log->source, log->extent, To(statement));
  if (!as_of.ok()) {
    return as_of.status();
  }
  if (statement.sections().empty()) {
    return absl::NotFoundError("nothing was ever booked for " + (party_.empty() ? agreement_ : party_));
  }
  return json_ ? statement.Json(*as_of) : statement.Text(*as_of);
}

absl::StatusOr<std::string> ExportCommands::Reconciliation(bool& right) const {
  if (!platform_.empty() && audit::PlatformIdOf(platform_).empty()) {
    return absl::InvalidArgumentError("--platform: '" + platform_ + "' is not platforms/{platform}");
  }
  std::vector<exports::BankLine> statement;
  if (!bank_.empty()) {
    const absl::StatusOr<std::string> bytes = audit::ReadWholeFile(bank_, kBankStatementBytesMax);
    if (!bytes.ok()) {
      return bytes.status();
    }
    absl::StatusOr<std::vector<exports::BankLine>> lines = exports::ParseBankStatement(*bytes);
    if (!lines.ok()) {
      return absl::InvalidArgumentError(bank_ + ": " + std::string(lines.status().message()));
    }
    statement = *std::move(lines);
  }
  const absl::StatusOr<OpenedLog> log = input_.Open();
  if (!log.ok()) {
    return log.status();
  }
  exports::Reconciliation reconciliation(platform_);
  exports::BankBook book(platform_);
  const auto as_of = WalkAll(*log->source, log->extent, To(reconciliation), [&book](const v1::Event& event) {
    book.Take(event);
    return absl::OkStatus();
  });
  if (!as_of.ok()) {
    return as_of.status();
  }
  reconciliation.Finish();
  right = reconciliation.differences().empty();
  exports::JsonObject json = reconciliation.Json(*as_of);
  std::string text = reconciliation.Text(*as_of);
  if (!bank_.empty()) {
    const exports::BankMatch match = MatchBank(book.lines(), statement);
    right = right && match.agrees();
    text += TextOf(match);
    json.AddJson("bankStatement", JsonOf(match));
  }
  return json_ ? json.Text() + '\n' : text;
}

absl::StatusOr<std::string> ExportCommands::Safeguarding(bool& right) const {
  const absl::StatusOr<OpenedLog> log = input_.Open();
  if (!log.ok()) {
    return log.status();
  }
  exports::Safeguarding safeguarding;
  const absl::StatusOr<exports::AsOf> as_of = WalkAll(*log->source, log->extent, To(safeguarding));
  if (!as_of.ok()) {
    return as_of.status();
  }
  safeguarding.Finish();
  right = safeguarding.right();
  return json_ ? safeguarding.Json(*as_of) : safeguarding.Text(*as_of);
}

}  // namespace escrow::verify
