#include "audit/exports/bank.h"

#include <charconv>
#include <map>
#include <optional>
#include <tuple>

#include "absl/time/civil_time.h"
#include "audit/exports/words.h"
#include "base/currency.h"

namespace escrow::audit::exports {
namespace {

constexpr std::string_view kColumns = "date,minor_units,currency,reference";

// Takes the next record of RFC 4180 off `text`: its fields; nothing when a quote is out of place.
std::optional<std::vector<std::string>> TakeRecord(std::string_view& text) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    const bool field_begins = i == 0 || (!quoted && text[i - 1] == ',');
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      fields.back() += c;
      ++i;
    } else if (c == '"') {
      const bool field_ends = i + 1 == text.size() || text[i + 1] == ',' || text[i + 1] == '\r' || text[i + 1] == '\n';
      if (quoted ? !field_ends : !field_begins) {
        return std::nullopt;
      }
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      fields.emplace_back();
    } else if (!quoted && c == '\n') {
      break;
    } else if (quoted || c != '\r' || text.substr(i, 2) != "\r\n") {
      fields.back() += c;
    }
  }
  text.remove_prefix(std::min(i + 1, text.size()));
  return quoted ? std::nullopt : std::optional(std::move(fields));
}

bool IsDate(const std::string& text) {
  absl::CivilDay day;
  return text.size() == 10 && absl::ParseCivilTime(text, &day) && absl::FormatCivilTime(day) == text;
}

// What is wrong with a record; empty when nothing is.
std::string ReadLine(const std::vector<std::string>& fields, BankLine& line) {
  if (fields.size() != 4) {
    return "has " + std::to_string(fields.size()) + " fields, not 4";
  }
  line = {.date = fields[0], .minor_units = 0, .currency = fields[2], .reference = fields[3], .event = 0};
  if (!IsDate(line.date)) {
    return "has the date '" + line.date + "', which is none such as 2026-11-20";
  }
  const char* end = fields[1].data() + fields[1].size();
  std::int64_t minor_units = 0;
  const auto read = std::from_chars(fields[1].data(), end, minor_units);
  line.minor_units = minor_units;
  if (read.ec != std::errc() || read.ptr != end) {
    return "has the amount '" + fields[1] + "', which is no integer of minor units";
  }
  return base::Currency::FromCode(line.currency) ? "" : "has the currency '" + line.currency + "', which is none";
}

std::string LinesText(const char* title, const std::vector<BankLine>& lines) {
  if (lines.empty()) {
    return {};
  }
  Table table({"date", ">amount", "currency", "reference", ">event"});
  for (const BankLine& line : lines) {
    table.Add({line.date, AmountText(line.minor_units, line.currency), line.currency, line.reference,
               line.event == 0 ? "" : std::to_string(line.event)});
  }
  return std::string("\n") + title + '\n' + table.Text();
}

std::string LinesJson(const std::vector<BankLine>& lines) {
  return JsonArray(lines, [](const BankLine& line) {
    JsonObject object;
    object.Add("date", line.date)
        .Add("minorUnits", line.minor_units)
        .Add("currency", line.currency)
        .Add("reference", line.reference);
    if (line.event != 0) {
      object.Add("event", line.event);
    }
    return object.Text();
  });
}

}  // namespace

absl::StatusOr<std::vector<BankLine>> ParseBankStatement(std::string_view text) {
  std::vector<BankLine> lines;
  for (std::size_t number = 1; !text.empty() || number == 1; ++number) {
    const bool head = number == 1 && (text.starts_with(std::string(kColumns) + '\n') ||
                                      text.starts_with(std::string(kColumns) + "\r\n") || text == kColumns);
    if (number == 1 && !head) {
      return absl::InvalidArgumentError("the first line must be " + std::string(kColumns));
    }
    const auto fields = TakeRecord(text);
    std::string wrong = fields ? "" : "has a quotation mark out of place";
    BankLine line;
    if (fields && !head) {
      wrong = ReadLine(*fields, line);
      lines.push_back(line);
    }
    if (!wrong.empty()) {
      return absl::InvalidArgumentError("record " + std::to_string(number) + ' ' + wrong);
    }
  }
  return lines;
}

void BankBook::Take(const v1::Event& event) {
  const PayoutNow* payout = payouts_.Take(event);
  if (!platform_.empty() && event.platform() != platform_) {
    return;
  }
  std::string reference = ReferenceOf(event);
  if (payout != nullptr) {
    reference = payout->rail_reference.empty() ? PayoutIdOf(event) : payout->rail_reference;
  }
  for (const v1::Posting& posting : event.postings()) {
    if (posting.account() == v1::ACCOUNT_KIND_CUSTODY_BANK) {
      lines_.push_back({.date = DateText(event.log_time()),
                        .minor_units = -base::Wide{posting.minor_units()},
                        .currency = event.currency_code(),
                        .reference = reference,
                        .event = event.sequence()});
    }
  }
}

BankMatch MatchBank(const std::vector<BankLine>& book, const std::vector<BankLine>& statement) {
  using Key = std::tuple<std::string, base::Wide, std::string>;
  const auto key_of = [](const BankLine& line) { return Key(line.currency, line.minor_units, line.reference); };
  std::map<Key, std::size_t> open;
  for (const BankLine& line : statement) {
    ++open[key_of(line)];
  }
  BankMatch match;
  std::map<Key, std::size_t> used;
  for (const BankLine& line : book) {
    const auto found = open.find(key_of(line));
    if (found == open.end() || found->second == 0) {
      match.only_book.push_back(line);
      continue;
    }
    --found->second;
    ++used[found->first];
    match.matched.push_back(line);
  }
  for (const BankLine& line : statement) {
    std::size_t& taken = used[key_of(line)];
    if (taken == 0) {
      match.only_statement.push_back(line);
    } else {
      --taken;
    }
  }
  return match;
}

std::string TextOf(const BankMatch& match) {
  return "\nBank statement: " + std::to_string(match.matched.size()) + " matched, " +
         std::to_string(match.only_book.size()) + " only in the bank book, " +
         std::to_string(match.only_statement.size()) + " only on the statement\n" +
         LinesText("only in the bank book", match.only_book) + LinesText("only on the statement", match.only_statement);
}

std::string JsonOf(const BankMatch& match) {
  return JsonObject()
      .AddJson("matched", LinesJson(match.matched))
      .AddJson("onlyBook", LinesJson(match.only_book))
      .AddJson("onlyStatement", LinesJson(match.only_statement))
      .Text();
}

}  // namespace escrow::audit::exports
