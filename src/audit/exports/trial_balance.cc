#include "audit/exports/trial_balance.h"

#include <algorithm>

#include "audit/exports/words.h"

namespace escrow::audit::exports {
namespace {

using base::Wide;

struct Row {
  std::string platform;
  std::string currency;
  v1::AccountKind kind;
  Wide debit;
  Wide credit;
};

std::vector<Row> RowsOf(const Books& books) {
  std::vector<Row> rows;
  for (const auto& [key, balance] : books.TrialBalance()) {
    const auto& [platform, currency, kind] = key;
    if (balance != 0) {
      rows.push_back({platform, currency, kind, std::max(-balance, Wide{0}), std::max(balance, Wide{0})});
    }
  }
  return rows;
}

}  // namespace

std::string TrialBalanceText(const AsOf& as_of, const Books& books) {
  const std::vector<Row> rows = RowsOf(books);
  Table table({"platform", "account", ">debit", ">credit", "currency"});
  const auto amount = [](Wide units, const std::string& currency) {
    return units == 0 ? std::string() : AmountText(units, currency);
  };
  Wide debit = 0;
  Wide credit = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    table.Add({row.platform, std::string(KindName(row.kind)), amount(row.debit, row.currency),
               amount(row.credit, row.currency), row.currency});
    debit += row.debit;
    credit += row.credit;
    if (i + 1 == rows.size() || rows[i + 1].platform != row.platform || rows[i + 1].currency != row.currency) {
      table.Add(
          {row.platform, "total", AmountText(debit, row.currency), AmountText(credit, row.currency), row.currency});
      debit = credit = 0;
    }
  }
  return as_of.Heading("Trial balance") + table.Text();
}

std::string TrialBalanceJson(const AsOf& as_of, const Books& books) {
  const auto json_of = [](const Row& row) {
    return JsonObject()
        .Add("platform", row.platform)
        .Add("currency", row.currency)
        .Add("kind", KindName(row.kind))
        .Add("debit", row.debit)
        .Add("credit", row.credit)
        .Text();
  };
  return JsonOf(as_of).AddJson("rows", JsonArray(RowsOf(books), json_of)).Text() + '\n';
}

}  // namespace escrow::audit::exports
