#include "export_command.h"

#include <cstdio>

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
  AddSource(*export_);
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
    AddSource(*report);
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

void ExportCommands::AddSource(CLI::App& command) {
  command.add_option("source", source_, "A folder of tiles, a data directory, or a http or https URL of tiles")
      ->required();
  auto* through = command.add_option("--through", through_, "The last event (default: that of the newest checkpoint)")
                      ->check(CLI::PositiveNumber);
  command.add_option("--at", at_, "Only events up to this log time, as 2026-11-20T10:00:00Z")->excludes(through);
  command.add_option("--output", output_, "A file that does not exist yet, or - for standard output (default)");
}

bool ExportCommands::parsed() const { return export_->parsed() || report_->parsed(); }

int ExportCommands::Run() const {
  bool right = true;
  const absl::Status done = export_->parsed() ? RunExport() : RunReport(right);
  if (done.ok()) {
    return static_cast<int>(right ? Exit::kRight : Exit::kWrong);
  }
  std::fprintf(stderr, "escrow-verify: %s\n", std::string(done.message()).c_str());
  return static_cast<int>(absl::IsDataLoss(done) ? Exit::kWrong : Exit::kUnusable);
}

absl::Status ExportCommands::OpenLog(std::unique_ptr<audit::EntrySource>& source, exports::Extent& extent) const {
  exports::Moment moment;
  if (through_ > 0) {
    moment.through = through_;
  }
  if (!at_.empty()) {
    const absl::StatusOr<audit::Nanos> at = exports::ParseTime(at_);
    if (!at.ok()) {
      return absl::InvalidArgumentError("--at: " + std::string(at.status().message()));
    }
    moment.at = *at;
  }
  absl::StatusOr<std::unique_ptr<audit::EntrySource>> opened = audit::OpenSource(source_);
  if (!opened.ok()) {
    return opened.status();
  }
  source = *std::move(opened);
  absl::StatusOr<exports::Extent> found = FindExtent(*source, moment);
  if (!found.ok()) {
    return found.status();
  }
  extent = *std::move(found);
  return absl::OkStatus();
}

absl::Status ExportCommands::RunExport() const {
  if (format_ == "sqlite" && output_ == "-") {
    return absl::InvalidArgumentError("--format sqlite needs --output FILE: a database cannot be written to a pipe");
  }
  std::unique_ptr<audit::EntrySource> source;
  exports::Extent extent;
  if (absl::Status opened = OpenLog(source, extent); !opened.ok()) {
    return opened;
  }
  if (format_ == "sqlite") {
    const auto made = exports::NewSqliteExport(extent, output_);
    return made.ok() ? WriteAll(*source, extent, **made) : made.status();
  }
  const auto file = OutputFile::Open(output_);
  if (!file.ok()) {
    return file.status();
  }
  const auto made = NewStreamExport(format_, extent, (*file)->stream());
  absl::Status done = WriteAll(*source, extent, *made);
  done.Update(done.ok() ? (*file)->Finish() : absl::OkStatus());
  return done;
}

absl::Status ExportCommands::RunReport(bool& right) const {
  const absl::StatusOr<std::string> text = trial_balance_->parsed()    ? TrialBalance()
                                           : statement_->parsed()      ? Statement()
                                           : reconciliation_->parsed() ? Reconciliation(right)
                                                                       : Safeguarding(right);
  if (!text.ok()) {
    return text.status();
  }
  const auto file = OutputFile::Open(output_);
  if (!file.ok()) {
    return file.status();
  }
  (*file)->stream() << *text;
  return (*file)->Finish();
}

absl::StatusOr<std::string> ExportCommands::TrialBalance() const {
  std::unique_ptr<audit::EntrySource> source;
  exports::Extent extent;
  if (absl::Status opened = OpenLog(source, extent); !opened.ok()) {
    return opened;
  }
  exports::Ledger ledger;
  const absl::StatusOr<exports::AsOf> as_of = WalkAll(*source, extent, To(ledger));
  if (!as_of.ok()) {
    return as_of.status();
  }
  return json_ ? TrialBalanceJson(*as_of, ledger.books()) : TrialBalanceText(*as_of, ledger.books());
}

absl::StatusOr<std::string> ExportCommands::Statement() const {
  const auto subject = exports::ParseSubject(party_.empty() ? agreement_ : party_);
  if (!subject.ok()) {
    return subject.status();
  }
  if (subject->party.empty() != party_.empty()) {
    return absl::InvalidArgumentError(party_.empty() ? "--agreement names a party" : "--party names an agreement");
  }
  std::unique_ptr<audit::EntrySource> source;
  exports::Extent extent;
  if (absl::Status opened = OpenLog(source, extent); !opened.ok()) {
    return opened;
  }
  if (from_ > extent.through) {
    return absl::InvalidArgumentError("--from " + std::to_string(from_) + " lies behind the last event, " +
                                      std::to_string(extent.through));
  }
  exports::Statement statement(*subject, from_);
  const absl::StatusOr<exports::AsOf> as_of = WalkAll(*source, extent, To(statement));
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
  std::unique_ptr<audit::EntrySource> source;
  exports::Extent extent;
  if (absl::Status opened = OpenLog(source, extent); !opened.ok()) {
    return opened;
  }
  exports::Reconciliation reconciliation(platform_);
  exports::BankBook book(platform_);
  const auto as_of = WalkAll(*source, extent, To(reconciliation), [&book](const v1::Event& event) {
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
  std::unique_ptr<audit::EntrySource> source;
  exports::Extent extent;
  if (absl::Status opened = OpenLog(source, extent); !opened.ok()) {
    return opened;
  }
  exports::Safeguarding safeguarding;
  const absl::StatusOr<exports::AsOf> as_of = WalkAll(*source, extent, To(safeguarding));
  if (!as_of.ok()) {
    return as_of.status();
  }
  safeguarding.Finish();
  right = safeguarding.right();
  return json_ ? safeguarding.Json(*as_of) : safeguarding.Text(*as_of);
}

}  // namespace escrow::verify
