#include <ostream>

#include "audit/exports/export.h"
#include "audit/exports/ledger.h"
#include "audit/exports/words.h"
#include "google/protobuf/util/json_util.h"

namespace escrow::audit::exports {
namespace {

// A field of RFC 4180: in quotes when it needs them.
std::string Field(std::string_view text) {
  if (text.find_first_of("\",\r\n") == std::string_view::npos) {
    return std::string(text);
  }
  std::string field = "\"";
  for (const char c : text) {
    field += c;
    if (c == '"') {
      field += c;
    }
  }
  return field + '"';
}

class CsvExport final : public Export {
 public:
  explicit CsvExport(std::ostream& out) : out_(out) {
    out_ << "event,line,log_time,effective_time,fact,platform,agreement,payout,reference,kind,milestone,party,account,"
            "currency,minor_units\r\n";
  }

  absl::Status Take(const v1::Event& event) override {
    if (absl::Status taken = ledger_.Take(event); !taken.ok()) {
      return taken;
    }
    for (std::size_t i = 0; i < ledger_.lines().size(); ++i) {
      const Ledger::Line& line = ledger_.lines()[i];
      const Account& account = ledger_.accounts()[line.account];
      out_ << event.sequence() << ',' << i << ',' << TimeText(event.log_time()) << ','
           << (event.has_effective_time() ? TimeText(event.effective_time()) : "") << ',' << FactName(event) << ','
           << Field(event.platform()) << ',' << Field(event.agreement_id()) << ',' << Field(PayoutIdOf(event)) << ','
           << Field(ReferenceOf(event)) << ',' << KindName(account.kind) << ','
           << (account.kind == v1::ACCOUNT_KIND_CUSTODY ? std::to_string(account.milestone) : "") << ','
           << Field(account.party) << ',' << JournalName(account) << ',' << account.currency << ',' << line.minor_units
           << "\r\n";
    }
    return absl::OkStatus();
  }

  absl::Status Finish() override { return absl::OkStatus(); }

 private:
  std::ostream& out_;
  Ledger ledger_;
};

class JsonLinesExport final : public Export {
 public:
  explicit JsonLinesExport(std::ostream& out) : out_(out) {}

  absl::Status Take(const v1::Event& event) override {
    line_.clear();
    const auto made = google::protobuf::util::MessageToJsonString(event, &line_);
    if (!made.ok()) {
      return absl::DataLossError("event " + std::to_string(event.sequence()) + ": " + made.ToString());
    }
    out_ << line_ << '\n';
    return absl::OkStatus();
  }

  absl::Status Finish() override { return absl::OkStatus(); }

 private:
  std::ostream& out_;
  std::string line_;
};

}  // namespace

std::unique_ptr<Export> NewCsvExport(std::ostream& out) { return std::make_unique<CsvExport>(out); }
std::unique_ptr<Export> NewJsonLinesExport(std::ostream& out) { return std::make_unique<JsonLinesExport>(out); }

}  // namespace escrow::audit::exports
