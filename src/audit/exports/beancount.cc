#include <ostream>
#include <set>

#include "audit/exports/export.h"
#include "audit/exports/ledger.h"
#include "audit/exports/words.h"
#include "audit/text.h"
#include "crypto/hex.h"

namespace escrow::audit::exports {
namespace {

// A string of beancount: quotes and backslashes are escaped, what is no printable ASCII becomes a question mark (the
// contract's references have none).
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
    }
    quoted += c >= ' ' && c <= '~' ? c : '?';
  }
  return quoted + '"';
}

class BeancountExport final : public Export {
 public:
  BeancountExport(const Extent& extent, std::ostream& out) : out_(out) {
    out_ << "; Events 1 to " << extent.through << " of " << Quoted(extent.checkpoint.origin) << ", whose checkpoint of "
         << extent.checkpoint.size << " events has the root " << crypto::HexEncode(extent.checkpoint.root) << '\n'
         << "option \"title\" \"Escrow ledger\"\n";
  }

  absl::Status Take(const v1::Event& event) override {
    if (absl::Status taken = ledger_.Take(event); !taken.ok()) {
      return taken;
    }
    end_ = NextDateText(event.log_time());
    if (ledger_.lines().empty()) {
      return absl::OkStatus();
    }
    const std::string date = DateText(event.log_time());
    Declare(date);
    const std::string fact = FactName(event);
    out_ << '\n' << date << " * " << Quoted(fact);
    if (!event.agreement_id().empty()) {
      out_ << " ^" << PlatformIdOf(event.platform()) << '/' << event.agreement_id();
    }
    out_ << " #" << fact << "\n  event: \"" << event.sequence() << "\"\n";
    Meta("platform", event.platform());
    Meta("agreement", event.agreement_id());
    Meta("payout", PayoutIdOf(event));
    Meta("reference", ReferenceOf(event));
    Meta("time", TimeText(event.log_time()));
    if (event.has_effective_time()) {
      Meta("effective", TimeText(event.effective_time()));
    }
    for (const Ledger::Line& line : ledger_.lines()) {
      const Account& account = ledger_.accounts()[line.account];
      out_ << "  " << BeancountName(account) << "  " << AmountText(-base::Wide{line.minor_units}, account.currency)
           << ' ' << account.currency << '\n';
    }
    return absl::OkStatus();
  }

  absl::Status Finish() override {
    out_ << '\n';
    for (std::size_t i = 0; i < ledger_.accounts().size(); ++i) {
      const Account& account = ledger_.accounts()[i];
      // WHY: "~ 0": without it an assertion tolerates a whole minor unit.
      out_ << end_ << " balance " << BeancountName(account) << "  "
           << AmountText(-ledger_.BalanceOf(i), account.currency) << " ~ 0 " << account.currency << '\n';
    }
    return absl::OkStatus();
  }

 private:
  // What the event is the first to name.
  void Declare(const std::string& date) {
    for (const Ledger::Line& line : ledger_.lines()) {
      const Account& account = ledger_.accounts()[line.account];
      if (!line.first) {
        continue;
      }
      if (currencies_.insert(account.currency).second) {
        out_ << '\n' << date << " commodity " << account.currency << '\n';
      }
      out_ << '\n' << date << " open " << BeancountName(account) << ' ' << account.currency << " \"STRICT\"\n";
    }
  }

  void Meta(const char* name, std::string_view value) {
    if (!value.empty()) {
      out_ << "  " << name << ": " << Quoted(value) << '\n';
    }
  }

  std::ostream& out_;
  Ledger ledger_;
  std::set<std::string> currencies_;
  std::string end_;  // the day after the last event
};

}  // namespace

std::unique_ptr<Export> NewBeancountExport(const Extent& extent, std::ostream& out) {
  return std::make_unique<BeancountExport>(extent, out);
}

}  // namespace escrow::audit::exports
