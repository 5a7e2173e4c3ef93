#include <ostream>
#include <set>

#include "audit/exports/export.h"
#include "audit/exports/ledger.h"
#include "audit/exports/words.h"
#include "crypto/hex.h"

namespace escrow::audit::exports {
namespace {

// A tag's value ends at a comma or at the end of the line, and colons make new tags: whatever is not plain is written
// as %XX.
std::string TagValue(std::string_view text) {
  constexpr std::string_view kPlain = "-._/ ";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string value;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || kPlain.find(c) != std::string_view::npos) {
      value += c;
    } else {
      value += '%';
      value += kDigits[byte >> 4U];
      value += kDigits[byte & 15U];
    }
  }
  return value;
}

// "1000.00" of a currency's exponent; one without decimals keeps the mark, or hledger takes it for a separator.
std::string CommodityStyle(const std::string& currency) {
  const std::string one = AmountText(1, currency);
  const std::size_t mark = one.find('.');
  return mark == std::string::npos ? "1000." : "1000." + std::string(one.size() - mark - 1, '0');
}

class HledgerExport final : public Export {
 public:
  HledgerExport(const Extent& extent, std::ostream& out) : out_(out) {
    out_ << "; Events 1 to " << extent.through << " of " << TagValue(extent.checkpoint.origin)
         << ", whose checkpoint of " << extent.checkpoint.size << " events has the root "
         << crypto::HexEncode(extent.checkpoint.root) << '\n'
         << "decimal-mark .\n";
  }

  absl::Status Take(const v1::Event& event) override {
    if (absl::Status taken = ledger_.Take(event); !taken.ok()) {
      return taken;
    }
    date_ = DateText(event.log_time());
    if (ledger_.lines().empty()) {
      return absl::OkStatus();
    }
    Declare();
    const std::string fact = FactName(event);
    out_ << '\n' << date_ << " * (evt-" << event.sequence() << ") " << fact << "\n    ; event:" << event.sequence();
    Tag("fact", fact);
    Tag("platform", event.platform());
    Tag("agreement", event.agreement_id());
    Tag("payout", PayoutIdOf(event));
    Tag("reference", ReferenceOf(event));
    out_ << ", time:" << TimeText(event.log_time());
    if (event.has_effective_time()) {
      out_ << ", effective:" << TimeText(event.effective_time());
    }
    out_ << '\n';
    for (const Ledger::Line& line : ledger_.lines()) {
      const Account& account = ledger_.accounts()[line.account];
      out_ << "    " << JournalName(account) << "  " << AmountText(-base::Wide{line.minor_units}, account.currency)
           << ' ' << account.currency << '\n';
    }
    return absl::OkStatus();
  }

  absl::Status Finish() override {
    if (ledger_.accounts().empty()) {
      return absl::OkStatus();
    }
    out_ << '\n' << date_ << " * balances\n";
    for (std::size_t i = 0; i < ledger_.accounts().size(); ++i) {
      const Account& account = ledger_.accounts()[i];
      out_ << "    " << JournalName(account) << "  0 " << account.currency << " = "
           << AmountText(-ledger_.BalanceOf(i), account.currency) << ' ' << account.currency << '\n';
    }
    return absl::OkStatus();
  }

 private:
  // What the event is the first to name.
  void Declare() {
    for (const Ledger::Line& line : ledger_.lines()) {
      const Account& account = ledger_.accounts()[line.account];
      if (!line.first) {
        continue;
      }
      if (currencies_.insert(account.currency).second) {
        out_ << "\ncommodity " << CommodityStyle(account.currency) << ' ' << account.currency << '\n';
      }
      const char* type = account.kind == v1::ACCOUNT_KIND_CUSTODY_BANK ? "A" : "L";
      out_ << "\naccount " << JournalName(account) << "  ; type: " << type << '\n';
    }
  }

  void Tag(const char* name, std::string_view value) {
    if (!value.empty()) {
      out_ << ", " << name << ':' << TagValue(value);
    }
  }

  std::ostream& out_;
  Ledger ledger_;
  std::set<std::string> currencies_;
  std::string date_;  // of the last event
};

}  // namespace

std::unique_ptr<Export> NewHledgerExport(const Extent& extent, std::ostream& out) {
  return std::make_unique<HledgerExport>(extent, out);
}

}  // namespace escrow::audit::exports
